/* SPDX-License-Identifier: Apache-2.0 */
/* One line each on standard error. */
#include "daemon/mintmarkd/log.h"

#include "engine/printable.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Text of a line before it is escaped; longer ones are cut. */
#define TEXT_MAX 2048

static bool to_journal;

/*
 * systemd.exec(5): JOURNAL_STREAM "contains the device and inode numbers of the connection file descriptor, formatted
 * in decimal, separated by a colon".
 */
void
mm_log_init(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[64];

	if (stream == NULL || fstat(STDERR_FILENO, &status) == -1)
		return;
	snprintf(own, sizeof(own), "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	to_journal = strcmp(own, stream) == 0;
}

void
mm_log(int priority, const char *format, ...)
{
	char text[TEXT_MAX], line[32 + MM_ESCAPED_LEN(TEXT_MAX)];
	va_list arguments;
	size_t len;
	ssize_t ignored;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	len = (size_t)(to_journal ? snprintf(line, 32, "<%d>", priority) : snprintf(line, 32, "mintmarkd: "));
	/* With what a terminal or a log reader could mistake escaped. */
	len += mm_escape(mm_slice_str(text), "", line + len);
	line[len++] = '\n';
	/* One write: lines of several processes stay whole. Where the log is gone there is nobody left to tell. */
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}
