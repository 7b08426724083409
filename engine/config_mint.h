/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What settings of mints, and of services that ask for proof, must have in common with each other.
 */
#ifndef MM_ENGINE_CONFIG_MINT_H
#define MM_ENGINE_CONFIG_MINT_H

#include "engine/config_value.h"

/*
 * Check the mints of a configuration whose sections are all stored, and what other realms and services demand of them.
 * Fills in the paths of sealing keys that no line names. Each contradiction is told with its line.
 * Not checked here: whether the files are there.
 */
void mm_config_check_mints(struct mm_config_builder *builder);

#endif
