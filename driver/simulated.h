/* SPDX-License-Identifier: Apache-2.0 */
/* The accelerator in simulation, behind the functions the driver wants. */
#ifndef HVAE_SIMULATED_H
#define HVAE_SIMULATED_H

#include "hvae_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Starts a simulation of hvae_top and resets it. Memory images are read from the folder the
 * program runs in, as design.f says. */
hvae_device hvae_simulated_open(void);
void hvae_simulated_close(hvae_device *device);

/* Clock cycles since the reset. */
unsigned long long hvae_simulated_cycles(const hvae_device *device);

#ifdef __cplusplus
}
#endif
#endif
