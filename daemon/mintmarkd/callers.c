/* SPDX-License-Identifier: Apache-2.0 */
/* The callers of all services. */
#include "daemon/mintmarkd/callers.h"

#include "engine/caller_secret.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>

static size_t
count_callers(const struct mm_config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->service_count; i++)
		count += config->services[i].caller_count;
	return count;
}

static bool
read_one(const struct mm_config *config, const struct mm_config_service *service, const struct mm_config_caller *row,
    struct mm_caller *caller, struct mm_problems *problems)
{
	enum mm_caller_secret fault = mm_caller_secret_read(row->secret_path, caller->digest);

	caller->service = service->name;
	caller->name = row->name;
	if (fault == MM_CALLER_SECRET_GOOD)
		return true;
	mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, service->line, mm_caller_secret_mend(fault),
	    "service %s: caller %s: secret file %s: %s", service->name, row->name, row->secret_path,
	    mm_caller_secret_text(fault));
	return false;
}

bool
mm_callers_read(const struct mm_config *config, struct mm_callers *callers, struct mm_problems *problems)
{
	size_t count = count_callers(config);
	bool all = true;

	*callers = (struct mm_callers){ NULL, 0 };
	if (count == 0)
		return true;
	callers->items = calloc(count, sizeof(*callers->items));
	if (callers->items == NULL) {
		problems->incomplete = true;
		return false;
	}
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t j = 0; j < config->services[i].caller_count; j++)
			all = read_one(config, &config->services[i], &config->services[i].callers[j],
			          &callers->items[callers->count++], problems) && all;
	if (!all)
		mm_callers_clear(callers);
	return all;
}

void
mm_callers_clear(struct mm_callers *callers)
{
	if (callers->items != NULL)
		mm_secret_wipe(callers->items, callers->count * sizeof(*callers->items));
	free(callers->items);
	*callers = (struct mm_callers){ NULL, 0 };
}
