/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Normalising: values as they stand become fields of an event, each step counted in the reader's tally.
 */
#ifndef MM_ENGINE_LOGS_NORMALISE_H
#define MM_ENGINE_LOGS_NORMALISE_H

#include "engine/logs/shape.h"
#include "lib/codec/ascii.h"

/*
 * The text of a value, unescaped, without blanks around it: absent where the value is missing, empty, null, "null", or
 * a GUID of zeroes. A number's or a truth's is what stands there. Borrowed from the record or the reader's scratch.
 */
struct mm_slice mm_logs_text(struct mm_logs_reader *reader, struct mm_json_value value);

/*
 * A value that is, or is a string that holds, an array or object: *nested becomes that. Returns MM_WALK_WHOLE, or what
 * is wrong; a value that is missing, or empty, or something else is whole, and *nested absent.
 */
enum mm_walk_end mm_logs_nested(struct mm_logs_reader *reader, struct mm_json_value value,
    struct mm_json_value *nested);

/* Set what role says from a text, which may be absent. */
void mm_logs_set(struct mm_logs_reader *reader, enum mm_logs_role role, struct mm_slice text,
    struct mm_logs_event *event);

/* Set the time of an event, with what was noted of it (engine/logs/moment.h). */
void mm_logs_set_moment(struct mm_logs_reader *reader, int64_t time_us, unsigned notes, struct mm_logs_event *event);

/* The same from the values of all members, in their order; MM_ROLE_OWN is passed over. */
void mm_logs_set_all(struct mm_logs_reader *reader, const struct mm_logs_member *members, size_t count,
    const struct mm_json_value *values, struct mm_logs_event *event);

/* The same from the members of an object that was walked over, or nothing where value is none. */
void mm_logs_set_nested(struct mm_logs_reader *reader, const struct mm_logs_member *members, size_t count,
    struct mm_json_value value, struct mm_logs_event *event);

/*
 * What there is to do when all is set: what is missing taken from where else it stands, future and past marked. The
 * event is complete then, but for its place.
 */
void mm_logs_settle(struct mm_logs_reader *reader, struct mm_logs_event *event);

/* Whether a name is this one, which is not empty. Most are told apart by their first letters. */
static inline bool
mm_logs_is_called(struct mm_slice name, const char *literal)
{
	return name.len > 0 && name.ptr[0] == literal[0] && mm_slice_equal(name, mm_slice_str(literal));
}

/* Whether a text, which may be absent, is a word in whichever case. */
static inline bool
mm_logs_is_word(struct mm_slice text, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; text.len == len && i < len; i++)
		if (mm_ascii_lower(text.ptr[i]) != mm_ascii_lower(word[i]))
			return false;
	return text.len == len;
}

/* Where a word stands in a text, which may be absent; NULL: it does not. */
static inline const char *
mm_logs_find(struct mm_slice text, const char *word)
{
	return text.ptr == NULL ? NULL : memmem(text.ptr, text.len, word, strlen(word));
}

/* Count a step. */
static inline void
mm_logs_count(struct mm_logs_reader *reader, enum mm_logs_step step)
{
	reader->tally->steps[step]++;
}

/*
 * Read an id: a GUID, with or without braces, capital or small; where of_token is set, also base64 or base64url of
 * 16 bytes. *changed (may be NULL) tells whether it was written otherwise than it will be shown.
 */
void mm_logs_id_parse(struct mm_names *names, struct mm_slice text, bool of_token, struct mm_logs_id *id,
    bool *changed);

/*
 * Write the family of a client to out, of len bytes, from ClientInfoString
 * ("Client=WebServices;…/python-requests/2.25" gives "webservices python-requests") or a user agent ("firefox");
 * returns its length.
 */
size_t mm_logs_client_family(struct mm_slice info, char *out, size_t len);

#endif
