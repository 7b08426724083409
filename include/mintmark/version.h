/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version of the library, and the marks its public headers use.
 * doc/ABI.md says what a change of each number means.
 */
#ifndef MINTMARK_VERSION_H
#define MINTMARK_VERSION_H

#define MM_VERSION_MAJOR 0
#define MM_VERSION_MINOR 1
#define MM_VERSION_PATCH 0
#define MM_VERSION_TEXT "0.1.0"

/* Exported from the shared library; everything else in it is hidden. */
#if defined(__GNUC__)
#define MM_API __attribute__((visibility("default")))
#define MM_MUST_USE __attribute__((warn_unused_result))
#else
#define MM_API
#define MM_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The version of the library that is loaded, "MAJOR.MINOR.PATCH": a constant string, never NULL.
 * Any thread may call it. Not checked here: whether it equals the MM_VERSION_TEXT compiled against.
 */
MM_API const char *mm_version(void);

#ifdef __cplusplus
}
#endif
#endif
