/* SPDX-License-Identifier: Apache-2.0 */
/* Key documents that are fetched. */
#include "daemon/mintmarkd/sources.h"

#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "engine/kept_keys.h"
#include "lib/base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is kept on the disk ---- */

/* Sealed memory of these bytes; -1 with errno. */
static int
new_sealed(struct mm_slice bytes)
{
	int fd = mm_sealed_new("mintmark-keys");

	if (fd == -1)
		return -1;
	if (mm_sealed_write(fd, bytes) == 0 && mm_sealed_seal(fd) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Something has the name of a kept document and cannot be read as one: out of the way, and left for a person. */
static void
set_aside(const struct mm_source *source, int folder_fd, int error)
{
	char name[MM_KEPT_KEYS_NAME_SIZE], aside[MM_KEPT_KEYS_NAME_SIZE + sizeof(".bad")];

	if (!mm_kept_keys_file_name(source->name, name))
		return;
	snprintf(aside, sizeof(aside), "%s.bad", name);
	mm_log(LOG_ALERT, "alarm: state_dir/" MM_KEPT_KEYS_FOLDER "/%s, kept of %s, cannot be used: %s: it is set "
	    "aside as %s, and realms are without its keys until they are fetched", name, source->name, strerror(error),
	    aside);
	if (renameat(folder_fd, name, folder_fd, aside) == -1)
		mm_log(LOG_ERR, "it cannot be set aside: %s", strerror(errno));
}

/* What is kept of a source; where nothing is, it is without a document. */
static void
load_kept(struct mm_source *source, int folder_fd)
{
	size_t len = 0;
	char *bytes;
	int error;

	if (folder_fd < 0)
		return;
	bytes = mm_kept_keys_load(folder_fd, source->name, &len, &source->fetched_s);
	error = bytes == NULL ? errno : ENODATA;
	if (bytes != NULL && len > 0) {
		source->fd = new_sealed(mm_slice(bytes, len));
		error = errno;
	}
	free(bytes);
	source->stored = source->from_disk = source->fd != -1;
	if (source->fd != -1)
		return;
	source->fetched_s = 0;
	if (error == ENOENT)
		mm_log(LOG_NOTICE, "nothing is kept of %s: its realms are without keys until they are fetched",
		    source->name);
	else
		set_aside(source, folder_fd, error);
}

static void
store(struct mm_source *source, int folder_fd)
{
	struct mm_slice bytes;

	if (mm_sealed_map(source->fd, MM_DOCUMENT_LEN_MAX, &bytes) == -1)
		return;
	source->stored = mm_kept_keys_store(folder_fd, source->name, bytes, source->fetched_s);
	if (source->stored && mm_telling_good(&source->disk))
		mm_log(LOG_NOTICE, "the keys of %s are kept on the disk again", source->name);
	if (!source->stored && mm_telling_bad(&source->disk, mm_clock_ms()))
		mm_log(LOG_ALERT, "alarm: the keys of %s cannot be kept on the disk: %s: a start without network would "
		    "go by older ones", source->name, strerror(errno));
	mm_sealed_unmap(&bytes);
}

void
mm_sources_keep(struct mm_sources *sources, int folder_fd)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i].fd >= 0 && !sources->items[i].stored)
			store(&sources->items[i], folder_fd);
}

/* ---- the table ---- */

struct mm_source *
mm_sources_find(const struct mm_sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (strcmp(sources->items[i].name, name) == 0)
			return &sources->items[i];
	return NULL;
}

static struct mm_realm_pace *
find_pace(const struct mm_sources *sources, const char *realm)
{
	for (size_t i = 0; i < sources->pace_count; i++)
		if (strcmp(sources->paces[i].realm, realm) == 0)
			return &sources->paces[i];
	return NULL;
}

static void
clear_source(struct mm_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	free(source->name);
}

/* The same source again, with a descriptor of its own. */
static bool
copy_source(struct mm_source *copy, const struct mm_source *source)
{
	char *name = copy->name;

	*copy = *source;
	copy->name = name;
	if (source->fd >= 0)
		copy->fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 0);
	return copy->fd >= 0 || source->fd < 0;
}

static bool
add_source(struct mm_sources *sources, const char *name, const struct mm_sources *old, int folder_fd)
{
	struct mm_source *source = &sources->items[sources->count];
	const struct mm_source *known = old == NULL ? NULL : mm_sources_find(old, name);

	*source = (struct mm_source){ .fd = -1 };
	source->name = strdup(name);
	if (source->name == NULL)
		return false;
	sources->count++;
	if (known != NULL)
		return copy_source(source, known);
	load_kept(source, folder_fd);
	return true;
}

static bool
add_pace(struct mm_sources *sources, const char *realm, const struct mm_sources *old)
{
	struct mm_realm_pace *pace = &sources->paces[sources->pace_count];
	const struct mm_realm_pace *known = old == NULL ? NULL : find_pace(old, realm);

	*pace = (struct mm_realm_pace){ .realm = strdup(realm) };
	if (pace->realm == NULL)
		return false;
	if (known != NULL)
		pace->cool_down = known->cool_down;
	sources->pace_count++;
	return true;
}

static bool
add_all(const struct mm_config *config, const struct mm_sources *old, int folder_fd, struct mm_sources *sources)
{
	sources->items = calloc(config->realm_count, sizeof(*sources->items));
	sources->paces = calloc(config->realm_count, sizeof(*sources->paces));
	if (sources->items == NULL || sources->paces == NULL)
		return false;
	for (size_t i = 0; i < config->realm_count; i++) {
		const struct mm_config_realm *realm = &config->realms[i];

		if (realm->keys_kind != MM_KEYS_DISCOVERY && realm->keys_kind != MM_KEYS_JWKS)
			continue;
		if (mm_sources_find(sources, realm->keys) == NULL &&
		    !add_source(sources, realm->keys, old, folder_fd))
			return false;
		if (!add_pace(sources, realm->name, old))
			return false;
	}
	return true;
}

bool
mm_sources_open(const struct mm_config *config, const struct mm_sources *old, int folder_fd,
    struct mm_sources *sources)
{
	*sources = (struct mm_sources){ .count = 0 };
	if (config->realm_count == 0 || add_all(config, old, folder_fd, sources))
		return true;
	mm_log(LOG_ERR, "memory for the sources of keys: %s", strerror(errno));
	mm_sources_close(sources);
	return false;
}

bool
mm_sources_take_newer(struct mm_sources *sources, struct mm_sources *old)
{
	bool documents = false;

	for (size_t i = 0; i < sources->count; i++) {
		struct mm_source *source = &sources->items[i];
		struct mm_source *known = mm_sources_find(old, source->name);
		struct mm_source taken = *source;

		if (known == NULL)
			continue;
		documents = documents || known->version != source->version;
		*source = *known;
		*known = taken;
	}
	return documents;
}

void
mm_sources_close(struct mm_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		clear_source(&sources->items[i]);
	for (size_t i = 0; i < sources->pace_count; i++)
		free(sources->paces[i].realm);
	free(sources->items);
	free(sources->paces);
	*sources = (struct mm_sources){ .count = 0 };
}

/* ---- what the courier says ---- */

static bool
is_document(int fd)
{
	struct mm_slice bytes;

	if (mm_sealed_map(fd, MM_DOCUMENT_LEN_MAX, &bytes) == -1)
		return false;
	mm_sealed_unmap(&bytes);
	return true;
}

bool
mm_source_take_document(struct mm_source *source, int fd, int64_t fetched_s, uint32_t key_count, uint32_t dropped_count)
{
	if (fetched_s <= 0 || fetched_s > MM_TIME_MAX_S || !is_document(fd)) {
		close(fd);
		return false;
	}
	if (source->fd >= 0)
		close(source->fd);
	source->fd = fd;
	source->fetched_s = fetched_s;
	source->stored = source->from_disk = false;
	source->version++;
	source->is_counted = true;
	source->key_count = key_count;
	source->dropped_count = dropped_count;
	if (mm_cool_down_take(&source->announced, mm_clock_ms(), MM_TELL_LEAST_MS))
		mm_log(LOG_NOTICE, "%s has other keys: %" PRIu32 " of them, %" PRIu32 " dropped", source->name,
		    key_count, dropped_count);
	return true;
}

const char *
mm_source_outcome_name(enum mm_fetch_outcome outcome)
{
	static const char *const names[MM_FETCH_COUNT] = {
		[MM_FETCH_NEW] = "new",
		[MM_FETCH_SAME] = "same",
		[MM_FETCH_UNREACHABLE] = "unreachable",
		[MM_FETCH_REFUSED] = "refused",
		[MM_FETCH_UNREADABLE] = "unreadable",
	};

	return (unsigned)outcome < MM_FETCH_COUNT ? names[outcome] : "unknown";
}

/* Its answer holds what is in use: kept on the disk as of now. */
static void
confirm(struct mm_source *source, int folder_fd, int64_t now_s)
{
	source->fetched_s = now_s;
	source->from_disk = false;
	if (source->fd < 0)
		return;
	if (!source->stored)
		store(source, folder_fd);
	else if (!mm_kept_keys_confirm(folder_fd, source->name, now_s))
		source->stored = false;
}

/* The first failure of a row is told, then one an hour, then that it is over. */
static void
tell_status(struct mm_source *source, bool good)
{
	if (!good && mm_telling_bad(&source->telling, mm_clock_ms()))
		mm_log(LOG_WARNING, "%s: %s: %s (%" PRIu32 " in a row): what is kept stays in use", source->name,
		    mm_source_outcome_name(source->outcome), source->text, source->failures);
	if (good && mm_telling_good(&source->telling))
		mm_log(LOG_NOTICE, "%s can be fetched again", source->name);
}

void
mm_source_take_status(struct mm_source *source, int folder_fd, const struct mm_source_status *status)
{
	bool good = status->outcome == MM_FETCH_NEW || status->outcome == MM_FETCH_SAME;

	source->was_tried = true;
	source->outcome = status->outcome;
	source->failures = status->failures;
	source->tried_s = status->tried_s;
	source->next_s = status->next_s;
	snprintf(source->text, sizeof(source->text), "%.*s", (int)status->text_len, status->text);
	if (status->outcome == MM_FETCH_SAME)
		confirm(source, folder_fd, status->tried_s);
	tell_status(source, good);
}

/* ---- unknown kids ---- */

bool
mm_sources_ask_for_kid(struct mm_sources *sources, const struct mm_config_realm *realm, int64_t now_ms)
{
	struct mm_realm_pace *pace = find_pace(sources, realm->name);

	return pace != NULL && mm_cool_down_take(&pace->cool_down, now_ms, realm->cool_down_s * 1000);
}
