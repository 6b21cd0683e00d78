/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver of the accelerator. Plain C99, no memory of its own, no operating system: the
 * registers are those of csr.h, and the four functions of hvae_device reach them and the
 * two streams on whatever platform this runs.
 *
 * A job: hvae_run, or step by step hvae_start, send, hvae_wait, receive, hvae_read_counters. A job
 * that waits or takes too long is ended by hvae_abort, and the next one is not disturbed by it.
 */
#ifndef HVAE_DRIVER_H
#define HVAE_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "csr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a call came to; 0 is success. */
typedef enum {
    HVAE_OK = 0,
    HVAE_ERR_BUS,     /* a function of hvae_device failed */
    HVAE_ERR_ID,      /* no accelerator answers at this address */
    HVAE_ERR_VERSION, /* its registers are not those of csr.h */
    HVAE_ERR_BUSY,    /* a job runs */
    HVAE_ERR_TIMEOUT, /* still busy after so many polls */
    HVAE_ERR_PACKET,  /* the input packet had a wrong length */
    HVAE_ERR_WORD,    /* the input packet named a token beyond the vocabulary */
    HVAE_ERR_ROOM,    /* the answer is longer than the caller's array */
    HVAE_ERR_JOB,     /* this design has no such job */
    HVAE_ERR_Z,       /* a word of z does not fit the format of states (sign-extended) */
    HVAE_ERR_ABORTED  /* the job was ended by hvae_abort */
} hvae_status;

/* How the platform reaches the accelerator. Each returns 0 when done. */
typedef struct {
    void *context;
    /* A register, by its byte offset from the base. */
    int (*read)(void *context, uint32_t offset, uint32_t *value);
    int (*write)(void *context, uint32_t offset, uint32_t value);
    /* A packet into s_axis, TLAST on its last word. It may return before the words are taken. */
    int (*send)(void *context, const uint32_t *words, size_t count);
    /* The packet of m_axis, up to TLAST. At most `capacity` words are stored; `count` says how
     * many there were. The words of a job fit into the accelerator, so that it may be read
     * after the job; it must be, before the next one starts. */
    int (*receive)(void *context, uint32_t *words, size_t capacity, size_t *count);
    /* Called between two polls of STATUS: sleeps until the interrupt (hvae_enable_irq) or for a
     * while, as the platform likes. NULL: STATUS is polled as fast as the bus allows. */
    int (*idle)(void *context);
} hvae_device;

/* What a design is. */
typedef struct {
    uint32_t version;
    uint32_t design;     /* first 32 bits of the hash in design.json */
    uint32_t vocabulary; /* tokens */
    uint32_t latent;     /* dimensions of z, of a sentence or of every step */
} hvae_info;

/* A job; see csr.md for the meaning of its numbers. */
typedef struct {
    uint32_t kind; /* HVAE_JOB_ENCODE ... */
    int      sample_z;
    int      sample_tokens;
    int      say_unknown; /* the unknown word may be written */
    int      fresh; /* a conversation begins: what was heard before is forgotten */
    uint64_t seed;
    uint16_t inverse_temperature; /* Q4.12: 4096 is a temperature of 1 */
    uint16_t max_tokens;
} hvae_job;

/* What a job left in the counters. */
typedef struct {
    uint32_t cycles;
    uint32_t adc_clips;
    uint32_t saturations;
    uint32_t tokens;
} hvae_counters;

/* A greedy job with the reset values of the registers. */
hvae_job hvae_job_default(uint32_t kind);

/* Makes sure that an accelerator with these registers is there, and asks what it is. */
hvae_status hvae_probe(const hvae_device *device, hvae_info *info);

/* Writes the registers of a job and starts it. Its packet may be sent before or after. */
hvae_status hvae_start(const hvae_device *device, const hvae_job *job);

/* Polls until the job has ended, `polls` times at most; says how it ended, or HVAE_ERR_TIMEOUT. */
hvae_status hvae_wait(const hvae_device *device, unsigned long polls);

/* Ends the job that waits or runs, polls until it has ended, and drops what it wrote. The rest of a
 * packet that is under way is dropped by the hardware, up to its last word; a packet of which nothing
 * has been taken yet would be the next job's. Does nothing where no job runs. */
hvae_status hvae_abort(const hvae_device *device, unsigned long polls);

/* Lets events (HVAE_IRQ_ENABLE_DONE_MASK, HVAE_IRQ_ENABLE_ERROR_MASK) raise the interrupt; 0: none. */
hvae_status hvae_enable_irq(const hvae_device *device, uint32_t events);

/* For the interrupt handler: which events there were since the last call, and the interrupt falls. */
hvae_status hvae_take_irq(const hvae_device *device, uint32_t *events);

/* Reads the counters of the last job. */
hvae_status hvae_read_counters(const hvae_device *device, hvae_counters *counters);

/* A whole job: packet in, wait, answer out (`count` words, at most `capacity`), counters.
 * GENERATE takes no packet. */
hvae_status hvae_run(const hvae_device *device, const hvae_job *job, const uint32_t *input, size_t length,
                     uint32_t *answer, size_t capacity, size_t *count, hvae_counters *counters,
                     unsigned long polls);

/* In words, for people. */
const char *hvae_status_text(hvae_status status);

#ifdef __cplusplus
}
#endif
#endif
