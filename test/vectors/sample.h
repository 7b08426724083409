/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public sample data that lies beside the project, in MINTMARK_DATA.
 */
#ifndef MM_TEST_VECTORS_SAMPLE_H
#define MM_TEST_VECTORS_SAMPLE_H

#include <mintmark/slice.h>

#include <stdbool.h>

/* What a test ends with that could not run. */
#define MM_SAMPLE_NOT_RUN 77

/* Whether the folder of samples is there; where not, it is told which cases did not run because of it. */
bool mm_sample_present(const char *folder, const char *cases);

/* Where a file or folder of the samples lies; borrowed until the next call. */
const char *mm_sample_path(const char *name);

/* The bytes of a file of the samples, to be freed by the caller; the process ends where it cannot be read. */
struct mm_slice mm_sample_read(const char *path);

#endif
