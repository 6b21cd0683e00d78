/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one job on the simulated accelerator and prints what the hardware says.
 *
 *   example JOB [WORD ...] [-r] [-z] [-s SEED] [-t BETA] [-n MAX] [-i] [-a POLLS]
 *
 *   JOB    encode, reconstruct, decode, generate, score
 *   WORD   the packet: tokens, or z for decode
 *   -r     sample the tokens (else: the likeliest)    -z   sample z (else: its mean)
 *   -s     seed of both                               -t   1 / temperature, Q4.12 (4096 is 1)
 *   -n     most tokens to write
 *   -i     wait for the interrupt                     -a     abort it after so many polls, then run it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulated.h"

enum { CAPACITY = 4096, LINE = 256 };

/* Reads cost some cycles each; far more than any job takes. */
static const unsigned long POLLS = 100000000ul;

static int usage(const char *why)
{
    fprintf(stderr,
            "example: %s\n"
            "  usage: example encode|reconstruct|decode|generate|score [WORD ...]\n"
            "                 [-r] [-z] [-s SEED] [-t BETA] [-n MAX] [-i] [-a POLLS]\n",
            why);
    return 2;
}

static int job_kind(const char *name, uint32_t *kind)
{
    static const struct {
        const char *name;
        uint32_t    kind;
    } jobs[] = {
        {"encode", HVAE_JOB_ENCODE},
        {"reconstruct", HVAE_JOB_RECONSTRUCT},
        {"decode", HVAE_JOB_DECODE},
        {"generate", HVAE_JOB_GENERATE},
        {"score", HVAE_JOB_SCORE},
    };
    size_t i;
    for (i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        if (strcmp(jobs[i].name, name) == 0) {
            *kind = jobs[i].kind;
            return 1;
        }
    }
    return 0;
}

/* The words behind tokens, where the design has a vocabulary. */
static void print_words(const uint32_t *tokens, size_t count)
{
    char   line[LINE];
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t at = 0;
        FILE    *file = fopen("sim/vocab.txt", "r");
        if (file == NULL)
            return;
        while (fgets(line, sizeof line, file) != NULL && at < tokens[i])
            at++;
        fclose(file);
        line[strcspn(line, "\n")] = '\0';
        printf("%s%s", line, i + 1 < count ? " " : "\n");
    }
}

/* How to go about it. */
typedef struct {
    int           interrupt; /* let the interrupt through */
    int           abort;     /* break it off first */
    unsigned long polls;     /* until then; 0: while it waits for its packet */
} manner;

/* The job and its packet, from the command line; 0 when all is well. */
static int arguments(int argc, char **argv, hvae_job *job, manner *how, uint32_t *input, size_t *length)
{
    uint32_t kind = 0;
    int      i;
    if (argc < 2)
        return usage("which job?");
    if (!job_kind(argv[1], &kind))
        return usage("no such job");
    *job = hvae_job_default(kind);
    for (i = 2; i < argc; i++) {
        const char        *option = argv[i];
        char              *end = NULL;
        unsigned long long value;
        if (strcmp(option, "-z") == 0) {
            job->sample_z = 1;
            continue;
        }
        if (strcmp(option, "-r") == 0) {
            job->sample_tokens = 1;
            continue;
        }
        if (strcmp(option, "-i") == 0) {
            how->interrupt = 1;
            continue;
        }
        if (option[0] == '-' && strchr("stna", option[1]) != NULL && option[1] != '\0') {
            if (++i == argc)
                return usage("a number is missing");
        }
        value = strtoull(argv[i], &end, 0);
        if (end == argv[i] || *end != '\0')
            return usage("expected a number");
        if (strcmp(option, "-s") == 0) {
            job->seed = (uint64_t)value;
        } else if (strcmp(option, "-t") == 0) {
            job->inverse_temperature = (uint16_t)value;
        } else if (strcmp(option, "-n") == 0) {
            job->max_tokens = (uint16_t)value;
        } else if (strcmp(option, "-a") == 0) {
            how->abort = 1;
            how->polls = (unsigned long)value;
        } else if (*length < CAPACITY) {
            input[(*length)++] = (uint32_t)value;
        } else {
            return usage("too many words");
        }
    }
    return 0;
}

/* Starts the job, gives up after some polls and aborts it. */
static hvae_status break_off(const hvae_device *device, const hvae_job *job, const manner *how,
                             const uint32_t *input, size_t length)
{
    hvae_status status = hvae_start(device, job);
    if (status == HVAE_OK && length > 0 && how->polls > 0 && device->send(device->context, input, length) != 0)
        status = HVAE_ERR_BUS;
    if (status == HVAE_OK)
        status = hvae_wait(device, how->polls);
    if (status != HVAE_ERR_TIMEOUT)
        return status;
    status = hvae_abort(device, POLLS);
    if (status == HVAE_OK && hvae_wait(device, 1) == HVAE_ERR_ABORTED)
        printf("aborted\n");
    return status;
}

static int run(const hvae_device *device, const hvae_job *job, const manner *how, const uint32_t *input,
               size_t length)
{
    static uint32_t answer[CAPACITY];
    hvae_info       info = {0, 0, 0, 0};
    hvae_counters   counters = {0, 0, 0, 0};
    size_t          count = 0, i;
    uint32_t        events = 0;
    hvae_status     status = hvae_probe(device, &info);
    if (status == HVAE_OK) {
        printf("design %08lx, vocabulary %lu, latent %lu\n", (unsigned long)info.design,
               (unsigned long)info.vocabulary, (unsigned long)info.latent);
        if (how->interrupt)
            status = hvae_enable_irq(device, HVAE_IRQ_ENABLE_DONE_MASK | HVAE_IRQ_ENABLE_ERROR_MASK);
    }
    if (status == HVAE_OK && how->abort)
        status = break_off(device, job, how, input, length);
    if (status == HVAE_OK && how->interrupt)
        status = hvae_take_irq(device, &events); /* of what was broken off */
    if (status == HVAE_OK) {
        status = hvae_run(device, job, input, length, answer, CAPACITY, &count, &counters, POLLS);
        if (how->interrupt && hvae_take_irq(device, &events) == HVAE_OK)
            printf("interrupt:%s%s\n", events & HVAE_IRQ_STATUS_DONE_MASK ? " done" : "",
                   events & HVAE_IRQ_STATUS_ERROR_MASK ? " error" : "");
    }
    if (status != HVAE_OK) {
        fprintf(stderr, "example: %s\n", hvae_status_text(status));
        return 1;
    }
    printf("answer");
    for (i = 0; i < count; i++)
        printf(" %lu", (unsigned long)answer[i]);
    printf("\ncycles %lu, ADC clips %lu, saturations %lu, tokens %lu\n", (unsigned long)counters.cycles,
           (unsigned long)counters.adc_clips, (unsigned long)counters.saturations,
           (unsigned long)counters.tokens);
    if (job->kind != HVAE_JOB_ENCODE && job->kind != HVAE_JOB_SCORE)
        print_words(answer, count);
    return 0;
}

int main(int argc, char **argv)
{
    static uint32_t input[CAPACITY];
    size_t          length = 0;
    hvae_job        job;
    manner          how = {0, 0, 0};
    hvae_device     device;
    int             result = arguments(argc, argv, &job, &how, input, &length);
    if (result != 0)
        return result;
    device = hvae_simulated_open();
    result = run(&device, &job, &how, input, length);
    fprintf(stderr, "simulated %llu clock cycles\n", hvae_simulated_cycles(&device));
    hvae_simulated_close(&device);
    return result;
}
