/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second reading: from values that libconfuse read to the structs of a configuration, setting by setting.
 */
#ifndef MM_ENGINE_CONFIG_VALUE_H
#define MM_ENGINE_CONFIG_VALUE_H

#include "engine/config.h"
#include "engine/config_scan.h"
#include "engine/config_settings.h"

#include <confuse.h>
#include <stdbool.h>

struct mm_config_builder {
	struct mm_config_scan scan;
	struct mm_problems *problems;
	struct mm_config *config;
	cfg_t *values;  /* of the section at hand */
	size_t section; /* its place in the scan */
	void *target;   /* its struct */
};

/* Tell what is wrong with a setting of the section at hand, or, where it does not stand there, with the section. */
void mm_config_tell(struct mm_config_builder *builder, const char *name, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether the setting stands in the section at hand, good or not. */
bool mm_config_stands(const struct mm_config_builder *builder, const char *name);

/* Store every setting of the section at hand, of this kind, in its struct; what is required and missing is told. */
void mm_config_store_settings(struct mm_config_builder *builder, enum mm_section_kind kind);

/* Whether there was memory; where not, the problems are incomplete, and the configuration is refused. */
bool mm_config_keep_memory(struct mm_config_builder *builder, const void *allocated);

/* Free a list ended by NULL, and what is in it. */
void mm_config_free_list(char **list);

#endif
