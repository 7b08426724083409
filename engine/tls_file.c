/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at certificate and key without opening them.
 */
#include "engine/tls_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const char *
mm_tls_file_fault(const char *path, bool is_key, const char **mend)
{
	struct stat status;

	*mend = "name a PEM file";
	if (stat(path, &status) != 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no regular file";
	if (!is_key || (status.st_mode & S_IRWXO) == 0)
		return NULL;
	*mend = "chmod o-rwx FILE; if it was so for a while, make a new key";
	return "every user of this machine may read or write it";
}
