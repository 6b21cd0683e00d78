/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one job on the simulated accelerator and prints what the hardware says.
 *
 *   example JOB [WORD ...] [-r] [-z] [-s SEED] [-t BETA] [-n MAX]
 *
 *   JOB    encode, reconstruct, decode, generate
 *   WORD   the packet: tokens, or z for decode
 *   -r     sample the tokens (else: the likeliest)    -z   sample z (else: its mean)
 *   -s     seed of both                               -t   1 / temperature, Q4.12 (4096 is 1)
 *   -n     most tokens to write
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
            "  usage: example encode|reconstruct|decode|generate [WORD ...] [-r] [-z] [-s SEED] [-t BETA] [-n MAX]\n",
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

/* The job and its packet, from the command line; 0 when all is well. */
static int arguments(int argc, char **argv, hvae_job *job, uint32_t *input, size_t *length)
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
        if (option[0] == '-' && strchr("stn", option[1]) != NULL && option[1] != '\0') {
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
        } else if (*length < CAPACITY) {
            input[(*length)++] = (uint32_t)value;
        } else {
            return usage("too many words");
        }
    }
    return 0;
}

static int run(const hvae_device *device, const hvae_job *job, const uint32_t *input, size_t length)
{
    static uint32_t answer[CAPACITY];
    hvae_info       info = {0, 0, 0, 0};
    hvae_counters   counters = {0, 0, 0, 0};
    size_t          count = 0, i;
    hvae_status     status = hvae_probe(device, &info);
    if (status == HVAE_OK) {
        printf("design %08lx, vocabulary %lu, latent %lu\n", (unsigned long)info.design,
               (unsigned long)info.vocabulary, (unsigned long)info.latent);
        status = hvae_run(device, job, input, length, answer, CAPACITY, &count, &counters, POLLS);
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
    hvae_device     device;
    int             result = arguments(argc, argv, &job, input, &length);
    if (result != 0)
        return result;
    device = hvae_simulated_open();
    result = run(&device, &job, input, length);
    fprintf(stderr, "simulated %llu clock cycles\n", hvae_simulated_cycles(&device));
    hvae_simulated_close(&device);
    return result;
}
