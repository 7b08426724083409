/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of keys: kept over a restart, taken along over a reload, and nothing that is not sealed taken in. */
#include "daemon/mintmarkd/sources.h"

#include "daemon/ipc/sealed.h"
#include "engine/kept_keys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST "jwks:https://first.example/keys"
#define SECOND "discovery:https://second.example/.well-known/openid-configuration"

#define REALM(realm_name, realm_kind, realm_keys)                                                                     \
	{                                                                                                             \
		.name = (char *)(uintptr_t)(realm_name), .keys_kind = (realm_kind),                                   \
		.keys = (char *)(uintptr_t)(realm_keys), .cool_down_s = 60                                            \
	}

static struct mm_config_realm realms[] = {
	REALM("a", MM_KEYS_JWKS, FIRST),
	REALM("b", MM_KEYS_FILE, "/etc/keys.jwks"),
	REALM("c", MM_KEYS_JWKS, FIRST),
	REALM("d", MM_KEYS_DISCOVERY, SECOND),
};

static const struct mm_config both = { .realms = realms, .realm_count = 4 };
static const struct mm_config only_first = { .realms = realms, .realm_count = 3 };

struct folder {
	char path[64];
	int fd;
};

static int
setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	snprintf(folder->path, sizeof(folder->path), "/tmp/mintmark-sources-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(folder->fd, -1);
	*state = folder;
	return 0;
}

static void
remove_kept(const struct folder *folder, const char *document)
{
	char name[MM_KEPT_KEYS_NAME_SIZE], aside[MM_KEPT_KEYS_NAME_SIZE + 4];

	assert_true(mm_kept_keys_file_name(document, name));
	snprintf(aside, sizeof(aside), "%s.bad", name);
	unlinkat(folder->fd, name, 0);
	unlinkat(folder->fd, aside, 0);
	unlinkat(folder->fd, aside, AT_REMOVEDIR);
}

static int
teardown(void **state)
{
	struct folder *folder = *state;

	remove_kept(folder, FIRST);
	remove_kept(folder, SECOND);
	assert_int_equal(rmdir(folder->path), 0);
	close(folder->fd);
	free(folder);
	return 0;
}

static int
make_document(const char *text, bool seal)
{
	int fd = mm_sealed_new("test");

	assert_int_not_equal(fd, -1);
	assert_int_equal(mm_sealed_write(fd, mm_slice_str(text)), 0);
	assert_int_equal(seal ? mm_sealed_seal(fd) : 0, 0);
	return fd;
}

static void
assert_in_use(const struct mm_source *source, const char *text)
{
	char bytes[64];
	ssize_t len = pread(source->fd, bytes, sizeof(bytes), 0);

	assert_int_equal(len, strlen(text));
	assert_memory_equal(bytes, text, (size_t)len);
}

static void
realms_with_the_same_keys_share_a_source(void **state)
{
	struct folder *folder = *state;
	struct mm_sources sources;

	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_int_equal(sources.count, 2);
	assert_string_equal(sources.items[0].name, FIRST);
	assert_string_equal(sources.items[1].name, SECOND);
	assert_int_equal(sources.items[0].fd, -1);
	assert_null(mm_sources_find(&sources, "/etc/keys.jwks"));
	mm_sources_close(&sources);
}

static void
a_document_outlives_a_restart(void **state)
{
	struct folder *folder = *state;
	struct mm_sources sources;

	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_true(mm_source_take_document(&sources.items[0], make_document("one", true), 1700000000,
	    3, 1));
	assert_in_use(&sources.items[0], "one");
	assert_false(sources.items[0].from_disk);
	mm_sources_keep(&sources, folder->fd);
	mm_sources_close(&sources);
	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_in_use(&sources.items[0], "one");
	assert_true(sources.items[0].from_disk);
	assert_int_equal(sources.items[0].fetched_s, 1700000000);
	assert_int_equal(sources.items[1].fd, -1);
	mm_sources_close(&sources);
}

static void
what_is_not_sealed_is_not_taken(void **state)
{
	struct folder *folder = *state;
	struct mm_sources sources;

	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_true(mm_source_take_document(&sources.items[0], make_document("one", true), 1, 0, 0));
	assert_false(mm_source_take_document(&sources.items[0], make_document("two", false), 2, 0, 0));
	assert_false(mm_source_take_document(&sources.items[0], make_document("", true), 2, 0, 0));
	assert_false(mm_source_take_document(&sources.items[0], make_document("two", true), -1, 0, 0));
	assert_in_use(&sources.items[0], "one");
	mm_sources_close(&sources);
}

static void
something_else_of_that_name_is_set_aside(void **state)
{
	struct folder *folder = *state;
	char name[MM_KEPT_KEYS_NAME_SIZE], aside[MM_KEPT_KEYS_NAME_SIZE + 4];
	struct mm_sources sources;
	struct stat status;

	assert_true(mm_kept_keys_file_name(FIRST, name));
	snprintf(aside, sizeof(aside), "%s.bad", name);
	assert_int_equal(mkdirat(folder->fd, name, 0700), 0);
	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_int_equal(sources.items[0].fd, -1);
	assert_int_equal(fstatat(folder->fd, name, &status, 0), -1);
	assert_int_equal(fstatat(folder->fd, aside, &status, 0), 0);
	assert_true(mm_source_take_document(&sources.items[0], make_document("one", true), 1, 0, 0));
	mm_sources_keep(&sources, folder->fd);
	assert_true(sources.items[0].stored);
	mm_sources_close(&sources);
}

static void
a_reload_takes_along_what_is_in_use(void **state)
{
	struct folder *folder = *state;
	struct mm_sources old, new;

	assert_true(mm_sources_open(&only_first, NULL, folder->fd, &old));
	assert_true(mm_source_take_document(&old.items[0], make_document("one", true), 1, 0, 0));
	assert_true(mm_sources_open(&both, &old, folder->fd, &new));
	assert_in_use(&new.items[0], "one");
	assert_false(mm_sources_take_newer(&new, &old));
	assert_in_use(&new.items[0], "one");
	mm_sources_close(&old);
	assert_in_use(&new.items[0], "one");
	mm_sources_close(&new);
}

/* A document that comes while the new configuration is compiled must not be lost. */
static void
what_came_during_a_reload_is_not_lost(void **state)
{
	struct folder *folder = *state;
	struct mm_sources old, new;

	assert_true(mm_sources_open(&only_first, NULL, folder->fd, &old));
	assert_true(mm_sources_open(&both, &old, folder->fd, &new));
	assert_true(mm_source_take_document(&old.items[0], make_document("late", true), 1, 0, 0));
	assert_true(mm_sources_take_newer(&new, &old));
	mm_sources_close(&old);
	assert_in_use(&new.items[0], "late");
	mm_sources_close(&new);
}

static void
an_unknown_kid_counts_once_a_realm_and_cool_down(void **state)
{
	struct folder *folder = *state;
	struct mm_sources sources, reloaded;

	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_true(mm_sources_ask_for_kid(&sources, &realms[0], 1000));
	assert_false(mm_sources_ask_for_kid(&sources, &realms[0], 1000 + 59999));
	assert_true(mm_sources_ask_for_kid(&sources, &realms[2], 1000));
	assert_false(mm_sources_ask_for_kid(&sources, &realms[1], 1000)); /* its keys are in a file */
	/* A reload does not make it shorter. */
	assert_true(mm_sources_open(&both, &sources, folder->fd, &reloaded));
	assert_false(mm_sources_ask_for_kid(&reloaded, &realms[0], 1000 + 59999));
	assert_true(mm_sources_ask_for_kid(&reloaded, &realms[0], 1000 + 60000));
	mm_sources_close(&reloaded);
	mm_sources_close(&sources);
}

static void
the_same_again_is_younger_on_the_disk(void **state)
{
	struct folder *folder = *state;
	const struct mm_source_status same = { MM_FETCH_SAME, 0, 1700000500, 1700001000, "ok", 2 };
	const struct mm_source_status failed = { MM_FETCH_UNREACHABLE, 1, 1700000900, 1700001000, "no", 2 };
	struct mm_sources sources;

	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_true(mm_source_take_document(&sources.items[0], make_document("one", true), 1700000000,
	    0, 0));
	mm_source_take_status(&sources.items[0], folder->fd, &same);
	mm_source_take_status(&sources.items[0], folder->fd, &failed);
	assert_int_equal(sources.items[0].outcome, MM_FETCH_UNREACHABLE);
	assert_in_use(&sources.items[0], "one");
	mm_sources_close(&sources);
	assert_true(mm_sources_open(&both, NULL, folder->fd, &sources));
	assert_int_equal(sources.items[0].fetched_s, 1700000500);
	mm_sources_close(&sources);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(realms_with_the_same_keys_share_a_source, setup, teardown),
		cmocka_unit_test_setup_teardown(a_document_outlives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_sealed_is_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(something_else_of_that_name_is_set_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reload_takes_along_what_is_in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(what_came_during_a_reload_is_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_kid_counts_once_a_realm_and_cool_down, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_again_is_younger_on_the_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
