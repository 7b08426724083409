/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration. */
#include "daemon/mintmarkd/reading.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/mint_files.h"
#include "daemon/mintmarkd/tls.h"
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static bool
read_config(struct mm_reading *reading, const char *path, struct mm_problems *problems)
{
	reading->text = mm_file_read(AT_FDCWD, path, MM_CONFIG_LEN_MAX, &reading->text_len);
	if (reading->text == NULL) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, path, 0, NULL, "cannot be read: %s",
		    mm_file_failure_text(errno));
		return false;
	}
	reading->config = mm_config_parse(mm_slice(reading->text, reading->text_len), path, problems);
	return reading->config != NULL;
}

struct mm_reading *
mm_reading_new(const char *path, struct mm_problems *problems)
{
	struct mm_reading *reading = calloc(1, sizeof(*reading));

	if (reading == NULL) {
		problems->incomplete = true;
		return NULL;
	}
	reading->read_s = mm_clock_wall_s();
	if (!read_config(reading, path, problems))
		mm_reading_free(&reading);
	return reading;
}

bool
mm_reading_complete(struct mm_reading *reading, struct mm_problems *problems)
{
	bool secrets = mm_callers_read(reading->config, &reading->callers, problems);
	bool mints = mm_mint_files_check(reading->config, problems);

	return mm_tls_check(reading->config, problems) && secrets && mints;
}

void
mm_reading_free(struct mm_reading **reading)
{
	if (*reading == NULL)
		return;
	mm_callers_clear(&(*reading)->callers);
	mm_config_free(&(*reading)->config);
	free((*reading)->text);
	free(*reading);
	*reading = NULL;
}
