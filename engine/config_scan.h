/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first reading of a configuration's text: what stands in it, on which line.
 *
 * libconfuse reads the values afterwards, but it forgets the lines and lets things pass silently. The scan
 * accepts a strict part of libconfuse's syntax and refuses the rest:
 *
 *	text    = *item
 *	item    = name "=" value / kind title "{" *item "}"
 *	value   = word / string / "{" [ value *( "," value ) ] "}"      lists hold words and strings
 *	word    = 1*( letter / digit / "_" / "-" / "." )
 *	string  = '"' … '"' or "'" … "'" on one line; the only escapes are \" and \\; no "${"
 *
 * and comments from "#" or "//" to the end of the line, or between slash-star and star-slash.
 */
#ifndef MM_ENGINE_CONFIG_SCAN_H
#define MM_ENGINE_CONFIG_SCAN_H

#include "engine/problems.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>

/* A configuration is written by hand: tenants few and stable. Tens of thousands of lines are a mistake. */
#define MM_CONFIG_SETTINGS_MAX 20000
#define MM_CONFIG_SECTIONS_MAX 4000

/* A path on Linux; every other value is shorter. */
#define MM_CONFIG_VALUE_LEN_MAX 4096

enum mm_scan_shape {
	MM_SCAN_WORD,
	MM_SCAN_STRING,
	MM_SCAN_LIST,
};

/* One setting as it stands; the slices borrow from the scan's text. */
struct mm_scan_setting {
	struct mm_slice name;
	struct mm_slice value; /* a word, or what is between a string's quotes or a list's braces */
	enum mm_scan_shape shape;
	size_t section; /* whose setting it is */
	size_t begin, end;
	int line;
	bool faulty; /* set by who finds it wrong: it is left out of the sound text */
};

struct mm_scan_section {
	struct mm_slice kind; /* absent: the top level, which is section 0 */
	struct mm_slice title;
	size_t begin, end;
	size_t first; /* its first setting; those of a section other than the top level stand together */
	int line;     /* of its name, not of its closing brace */
	bool faulty;
};

struct mm_config_scan {
	char *text; /* a copy with a NUL behind it; comments are blanked */
	size_t len;
	struct mm_scan_setting *settings;
	size_t setting_count;
	struct mm_scan_section *sections;
	size_t section_count;
};

/*
 * Scan text. What is wrong with its form is added to problems with the line; the scan stops there, since what
 * follows cannot be understood. Returns false then, or where memory is short; in any case clear the scan with
 * mm_config_scan_clear(). Not checked here: names, kinds, types, what stands twice.
 */
bool mm_config_scan(struct mm_slice text, const char *path, struct mm_problems *problems, struct mm_config_scan *scan);
void mm_config_scan_clear(struct mm_config_scan *scan);

/* A new copy of the text in which spaces stand for what is marked faulty; NULL where memory is short. */
char *mm_config_scan_sound_text(const struct mm_config_scan *scan);

/* The setting of this name in a section, faulty or not; NULL: none. */
const struct mm_scan_setting *
mm_config_scan_find(const struct mm_config_scan *scan, size_t section, const char *name);

#endif
