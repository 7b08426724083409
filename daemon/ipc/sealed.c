/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed memory: memfd_create(2) and the seals of fcntl(2). */
#include "daemon/ipc/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int
mm_sealed_new(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int
mm_sealed_write(int fd, struct mm_slice bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(fd, bytes.ptr, bytes.len);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return -1;
		bytes.ptr += written;
		bytes.len -= (size_t)written;
	}
	return 0;
}

int
mm_sealed_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, SEALS) == -1 ? -1 : 0;
}

int
mm_sealed_map(int fd, size_t max, struct mm_slice *bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;
	void *mapped;

	if (seals == -1 || fstat(fd, &status) == -1)
		return -1;
	if ((seals & SEALS) != SEALS || status.st_size <= 0 || (uintmax_t)status.st_size > max) {
		errno = (seals & SEALS) != SEALS ? EPERM : status.st_size <= 0 ? ENODATA : EFBIG;
		return -1;
	}
	mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return -1;
	*bytes = mm_slice(mapped, (size_t)status.st_size);
	return 0;
}

void
mm_sealed_unmap(struct mm_slice *bytes)
{
	if (mm_slice_present(*bytes))
		munmap((void *)(uintptr_t)bytes->ptr, bytes->len);
	*bytes = MM_SLICE_ABSENT;
}
