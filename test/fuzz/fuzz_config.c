/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as mintmark.conf: a configuration, or problems with at least one error; and whatever our own scan takes,
 * libconfuse takes too.
 */
#include "engine/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_problems(const struct mm_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].text, "cannot be parsed") == 0)
			abort();
}

static void
check_config(const struct mm_config *config)
{
	if (config->listen_count == 0 || config->state_dir == NULL || config->user == NULL)
		abort();
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].issuer == NULL || config->realms[i].keys == NULL ||
		    config->realms[i].line < 1 || config->realms[i].algorithms == NULL ||
		    config->realms[i].max_lifetime_s < 1)
			abort();
	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].audience == NULL || config->services[i].realms == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_config_parse(mm_slice(data, size), "fuzz.conf", &problems);

	if ((config == NULL) != mm_problems_has_error(&problems))
		abort();
	check_problems(&problems);
	if (config != NULL)
		check_config(config);
	mm_config_free(&config);
	mm_problems_clear(&problems);
	return 0;
}
