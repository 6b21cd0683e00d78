/* SPDX-License-Identifier: Apache-2.0 */
#include "hvae_driver.h"

/* A field's value in a word read, and a value moved to its field. */
#define GET(word, field) (((word) & HVAE_##field##_MASK) >> HVAE_##field##_SHIFT)
#define PUT(value, field) (((uint32_t)(value) << HVAE_##field##_SHIFT) & HVAE_##field##_MASK)

static hvae_status read_register(const hvae_device *device, uint32_t offset, uint32_t *value)
{
    return device->read(device->context, offset, value) == 0 ? HVAE_OK : HVAE_ERR_BUS;
}

/* One register to write or to read. */
typedef struct {
    uint32_t offset;
    uint32_t value;
} entry;

hvae_job hvae_job_default(uint32_t kind)
{
    hvae_job job = {0};
    job.kind = kind;
    job.inverse_temperature = HVAE_INVERSE_TEMPERATURE_RESET;
    job.max_tokens = HVAE_MAX_TOKENS_RESET;
    return job;
}

hvae_status hvae_probe(const hvae_device *device, hvae_info *info)
{
    uint32_t id = 0;
    hvae_status status = read_register(device, HVAE_ID_OFFSET, &id);
    if (status == HVAE_OK && id != HVAE_ID_VALUE)
        return HVAE_ERR_ID;
    if (status == HVAE_OK)
        status = read_register(device, HVAE_VERSION_OFFSET, &info->version);
    if (status == HVAE_OK && info->version != HVAE_VERSION_VALUE)
        return HVAE_ERR_VERSION;
    if (status == HVAE_OK)
        status = read_register(device, HVAE_DESIGN_OFFSET, &info->design);
    if (status == HVAE_OK)
        status = read_register(device, HVAE_VOCABULARY_OFFSET, &info->vocabulary);
    if (status == HVAE_OK)
        status = read_register(device, HVAE_LATENT_OFFSET, &info->latent);
    return status;
}

hvae_status hvae_start(const hvae_device *device, const hvae_job *job)
{
    const entry entries[] = {
        {HVAE_JOB_OFFSET, PUT(job->kind, JOB) | PUT(job->sample_z != 0, JOB_SAMPLE_Z) |
                              PUT(job->sample_tokens != 0, JOB_SAMPLE_TOKENS) |
                              PUT(job->say_unknown != 0, JOB_SAY_UNKNOWN) |
                              PUT(job->fresh != 0, JOB_FRESH)},
        {HVAE_SEED_LO_OFFSET, PUT(job->seed & 0xFFFFFFFFu, SEED_LO)},
        {HVAE_SEED_HI_OFFSET, PUT(job->seed >> 32, SEED_HI)},
        {HVAE_INVERSE_TEMPERATURE_OFFSET, PUT(job->inverse_temperature, INVERSE_TEMPERATURE)},
        {HVAE_MAX_TOKENS_OFFSET, PUT(job->max_tokens, MAX_TOKENS)},
        {HVAE_CONTROL_OFFSET, PUT(1, CONTROL_START)},
    };
    uint32_t word = 0;
    size_t i;
    hvae_status status = read_register(device, HVAE_STATUS_OFFSET, &word);
    if (status != HVAE_OK)
        return status;
    if (GET(word, STATUS_BUSY))
        return HVAE_ERR_BUSY; /* it would refuse the writes */
    for (i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (device->write(device->context, entries[i].offset, entries[i].value) != 0)
            return HVAE_ERR_BUS;
    return HVAE_OK;
}

/* STATUS once the job has ended. */
static hvae_status wait_done(const hvae_device *device, unsigned long polls, uint32_t *word)
{
    while (polls-- > 0) {
        hvae_status status = read_register(device, HVAE_STATUS_OFFSET, word);
        if (status != HVAE_OK)
            return status;
        if (GET(*word, STATUS_DONE))
            return HVAE_OK;
        if (device->idle != NULL && device->idle(device->context) != 0)
            return HVAE_ERR_BUS;
    }
    return HVAE_ERR_TIMEOUT;
}

hvae_status hvae_wait(const hvae_device *device, unsigned long polls)
{
    uint32_t word = 0;
    hvae_status status = wait_done(device, polls, &word);
    if (status != HVAE_OK)
        return status;
    if (GET(word, STATUS_ABORTED))
        return HVAE_ERR_ABORTED;
    if (GET(word, STATUS_ERR_JOB))
        return HVAE_ERR_JOB;
    if (GET(word, STATUS_ERR_LENGTH))
        return HVAE_ERR_PACKET;
    if (GET(word, STATUS_ERR_Z))
        return HVAE_ERR_Z;
    return GET(word, STATUS_ERR_TOKEN) ? HVAE_ERR_WORD : HVAE_OK;
}

hvae_status hvae_abort(const hvae_device *device, unsigned long polls)
{
    uint32_t word = 0;
    size_t dropped = 0;
    hvae_status status = read_register(device, HVAE_STATUS_OFFSET, &word);
    if (status != HVAE_OK || !GET(word, STATUS_BUSY))
        return status;
    if (device->write(device->context, HVAE_CONTROL_OFFSET, PUT(1, CONTROL_ABORT)) != 0)
        return HVAE_ERR_BUS;
    status = wait_done(device, polls, &word);
    if (status != HVAE_OK || !GET(word, STATUS_ANSWER))
        return status;
    return device->receive(device->context, NULL, 0, &dropped) == 0 ? HVAE_OK : HVAE_ERR_BUS;
}

hvae_status hvae_enable_irq(const hvae_device *device, uint32_t events)
{
    return device->write(device->context, HVAE_IRQ_ENABLE_OFFSET, events) == 0 ? HVAE_OK : HVAE_ERR_BUS;
}

hvae_status hvae_take_irq(const hvae_device *device, uint32_t *events)
{
    hvae_status status = read_register(device, HVAE_IRQ_STATUS_OFFSET, events);
    if (status != HVAE_OK)
        return status;
    return device->write(device->context, HVAE_IRQ_STATUS_OFFSET, *events) == 0 ? HVAE_OK : HVAE_ERR_BUS;
}

hvae_status hvae_read_counters(const hvae_device *device, hvae_counters *counters)
{
    hvae_status status = read_register(device, HVAE_CYCLES_OFFSET, &counters->cycles);
    if (status == HVAE_OK)
        status = read_register(device, HVAE_ADC_CLIPS_OFFSET, &counters->adc_clips);
    if (status == HVAE_OK)
        status = read_register(device, HVAE_SATURATIONS_OFFSET, &counters->saturations);
    if (status == HVAE_OK)
        status = read_register(device, HVAE_TOKENS_OFFSET, &counters->tokens);
    return status;
}

hvae_status hvae_run(const hvae_device *device, const hvae_job *job, const uint32_t *input, size_t length,
                     uint32_t *answer, size_t capacity, size_t *count, hvae_counters *counters,
                     unsigned long polls)
{
    uint32_t word = 0;
    hvae_status status;
    *count = 0;
    status = hvae_start(device, job);
    if (status != HVAE_OK)
        return status;
    if (length > 0 && device->send(device->context, input, length) != 0)
        return HVAE_ERR_BUS;
    status = hvae_wait(device, polls);
    if (status != HVAE_OK)
        return status; /* a job that was refused writes nothing */
    status = read_register(device, HVAE_STATUS_OFFSET, &word);
    if (status != HVAE_OK)
        return status;
    /* A job that listens answers nothing. */
    if (GET(word, STATUS_ANSWER) && device->receive(device->context, answer, capacity, count) != 0)
        return HVAE_ERR_BUS;
    if (*count > capacity)
        return HVAE_ERR_ROOM;
    return hvae_read_counters(device, counters);
}

const char *hvae_status_text(hvae_status status)
{
    switch (status) {
    case HVAE_OK: return "done";
    case HVAE_ERR_BUS: return "the bus refused an access";
    case HVAE_ERR_ID: return "no accelerator at this address (ID register)";
    case HVAE_ERR_VERSION: return "the registers are of another version than csr.h";
    case HVAE_ERR_BUSY: return "a job runs";
    case HVAE_ERR_TIMEOUT: return "the job did not end in time";
    case HVAE_ERR_PACKET: return "the input packet has a wrong length";
    case HVAE_ERR_WORD: return "the input names a token beyond the vocabulary";
    case HVAE_ERR_ROOM: return "the answer is longer than the array for it";
    case HVAE_ERR_JOB: return "this design has no such job";
    case HVAE_ERR_Z: return "a word of z does not fit the format of states";
    case HVAE_ERR_ABORTED: return "the job was aborted";
    }
    return "no status of this driver";
}
