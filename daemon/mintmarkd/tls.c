/* SPDX-License-Identifier: Apache-2.0 */
/* PEM files. */
#include "daemon/mintmarkd/tls.h"

#include "daemon/mintmarkd/log.h"
#include "engine/tls_file.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_pem(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* What is wrong with a file; NULL: nothing. */
static const char *
fault_of(const char *path, bool is_secret, const char **mend)
{
	const char *fault = mm_tls_file_fault(path, is_secret, mend);
	int fd = fault == NULL ? open_pem(path) : -1;

	if (fault == NULL && fd == -1)
		fault = strerror(errno);
	if (fd != -1)
		close(fd);
	return fault;
}

bool
mm_tls_check(const struct mm_config *config, struct mm_problems *problems)
{
	const struct {
		const char *setting, *path;
		bool is_secret;
	} files[] = {
		{ "tls_certificate", config->tls_certificate_path, false },
		{ "tls_key", config->tls_key_path, true },
		{ "tls_client_certificates", config->tls_client_ca_path, false },
	};
	bool all = true;

	for (size_t i = 0; i < MM_COUNT_OF(files); i++) {
		const char *mend = NULL;
		const char *fault =
		    files[i].path == NULL ? NULL : fault_of(files[i].path, files[i].is_secret, &mend);

		if (fault == NULL)
			continue;
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, 0, mend, "'%s': %s: %s", files[i].setting,
		    files[i].path, fault);
		all = false;
	}
	return all;
}

void
mm_tls_add_identity(struct mm_buf *buf, const char *path)
{
	struct stat status;

	mm_buf_add(buf, path == NULL ? "" : path, path == NULL ? 1 : strlen(path) + 1);
	if (path == NULL || stat(path, &status) == -1)
		return;
	mm_buf_add_u64(buf, status.st_ino);
	mm_buf_add_u64(buf, (uint64_t)status.st_size);
	mm_buf_add_u64(buf, (uint64_t)status.st_mtim.tv_sec);
	mm_buf_add_u32(buf, (uint32_t)status.st_mtim.tv_nsec);
}

void
mm_tls_add_identities(struct mm_buf *buf, const struct mm_config *config)
{
	mm_tls_add_identity(buf, config->tls_certificate_path);
	mm_tls_add_identity(buf, config->tls_key_path);
	mm_tls_add_identity(buf, config->tls_client_ca_path);
}

int
mm_tls_open(const char *setting, const char *path)
{
	int fd = open_pem(path);

	if (fd == -1)
		mm_log(LOG_ERR, "'%s': %s: %s", setting, path, strerror(errno));
	return fd;
}
