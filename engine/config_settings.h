/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of mintmark.conf as a table: one row each, with its type, its default and its limits; and the
 * check of a scanned configuration against it.
 */
#ifndef MM_ENGINE_CONFIG_SETTINGS_H
#define MM_ENGINE_CONFIG_SETTINGS_H

#include "engine/config_scan.h"
#include "engine/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mm_section_kind {
	MM_SECTION_TOP,
	MM_SECTION_REALM,
	MM_SECTION_TENANT,
	MM_SECTION_SERVICE,
	MM_SECTION_REVOKE,
	MM_SECTION_COUNT
};

enum mm_setting_type {
	MM_SETTING_TEXT,    /* char * */
	MM_SETTING_PATH,    /* char *; a relative one is relative to the configuration's folder */
	MM_SETTING_SOCKET,  /* the same, with "unix:" before it or not */
	MM_SETTING_KEYS,    /* struct mm_config_realm's keys and keys_kind; of "file:PATH" the path as above */
	MM_SETTING_LIST,    /* char **, ended by NULL; NULL where the setting is absent and has no default */
	MM_SETTING_NUMBER,  /* int64_t from min to max */
	MM_SETTING_FLAG,    /* bool: true and false, or words[1] and words[0] */
	MM_SETTING_CHOICE,  /* int: the place of the word in words */
	MM_SETTING_LISTEN,  /* listens, of struct mm_config or struct mm_config_realm */
	MM_SETTING_CALLERS, /* struct mm_config_service's callers */
	MM_SETTING_FIXED,   /* nothing: words[0] is the one value that it can have */
	MM_SETTING_STORE,   /* struct mm_config_realm's key_store_module: "file" or "pkcs11:PATH" */
	MM_SETTING_SEALING, /* char *: a path as above, or "credential:NAME" as it stands */
};

struct mm_setting {
	enum mm_section_kind section;
	enum mm_setting_type type;
	const char *name;
	size_t offset;         /* in the section's struct */
	bool required;
	const char *fallback;  /* the default as it would be written, elements of a list between commas; NULL: none */
	int64_t min, max;
	const char *const *words;
	const char *(*fault_of_item)(const char *item); /* of a list: a sentence that follows on the item; NULL: good */
	const char *mend_of_item;
};

extern const struct mm_setting mm_settings[];
extern const size_t mm_setting_count;

/* How many addresses stand in a section's struct, of a setting of type MM_SETTING_LISTEN. */
size_t mm_setting_listen_count(const struct mm_setting *setting, const void *section);

/* "realm"; "" for the top level. */
const char *mm_section_name(enum mm_section_kind kind);

/* The kind of a scanned section; MM_SECTION_COUNT: none of them. */
enum mm_section_kind mm_section_kind_of(const struct mm_scan_section *section);

/* How messages call a section: "realm enterprise: ", "" for the top level; cut where it is longer than out. */
void mm_section_label(const struct mm_scan_section *section, char out[static 96]);

/*
 * Check a scan against the table: unknown sections and settings (with the name that was probably meant), what
 * stands twice, shapes and words that do not fit the type. Each is told and marked faulty.
 * Not checked here: whether anything is missing, what texts mean.
 */
void mm_config_check_settings(struct mm_config_scan *scan, const char *path, struct mm_problems *problems);

#endif
