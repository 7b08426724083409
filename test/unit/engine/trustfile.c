/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From files to trust: what is read, and where a problem is said to be.
 */
#include "engine/trustfile.h"

#include "engine/kept_keys.h"
#include "lib/base/limits.h"
#include "lib/trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The public half of RFC 7515 appendix A.3's key. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"K1\",\"alg\":\"ES256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

#define ONE_REALM "realm r { issuer = \"https://i.example/\" keys = \"file:k.jwks\" }\n"
#define ONE_SERVICE "service s { audience = a realms = { r } mailbox = none }\n"

static char folder[] = "/tmp/mm-trustfile-XXXXXX";
static char config_path[64], keys_path[64];

static void
write_file(const char *path, const char *content)
{
	size_t len = strlen(content);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), (ssize_t)len);
	close(fd);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(config_path, sizeof(config_path), "%s/a.conf", folder);
	snprintf(keys_path, sizeof(keys_path), "%s/k.jwks", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(config_path);
	unlink(keys_path);
	return rmdir(folder);
}

static void
test_good(void **state)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = NULL;
	struct mm_trust *trust = NULL;

	(void)state;
	write_file(keys_path, jwks);
	write_file(config_path, ONE_REALM ONE_SERVICE
	    "revoke x { realm = r subjects = { a, b } clients = { c } issued_before = 5 }\n"
	    "revoke y { realm = r tokens = { t } sessions = { s } }\n");
	assert_true(mm_trustfile_load(config_path, &problems, &config, &trust));
	assert_int_equal(trust->key_count, 1);
	assert_non_null(mm_trust_find_service(trust, mm_slice_str("s")));
	assert_int_equal(trust->revocation_count, 5);
	assert_string_equal(config->realms[0].keys, keys_path);
	mm_trust_free(&trust);
	mm_config_free(&config);
	mm_problems_clear(&problems);
}

static void
assert_refused(const char *text, const char *where, int line, const char *words)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = NULL;
	struct mm_trust *trust = NULL;
	bool told = false;

	write_file(config_path, text);
	assert_false(mm_trustfile_load(config_path, &problems, &config, &trust));
	assert_null(config);
	assert_null(trust);
	assert_true(mm_problems_has_error(&problems));
	for (size_t i = 0; i < problems.count; i++)
		told = told || (problems.items[i].class == MM_PROBLEM_ERROR && problems.items[i].line == line &&
		    strcmp(problems.items[i].where, where) == 0 && strstr(problems.items[i].text, words) != NULL);
	if (!told)
		mm_problems_print(&problems, stderr, true);
	assert_true(told);
	mm_problems_clear(&problems);
}

static void
test_places_of_problems(void **state)
{
	(void)state;
	write_file(keys_path, jwks);
	assert_refused(ONE_REALM "\nservice s { audience = a realms = { q } mailbox = none }", config_path, 3,
	    "service s: there is no realm 'q'");
	assert_refused("\nrealm r { issuer = \"ftp://i.example/\" keys = \"file:k.jwks\" }\n" ONE_SERVICE,
	    config_path, 2, "realm r: ");
	assert_refused(ONE_REALM ONE_SERVICE "tenant t { realm = q }", config_path, 3, "tenant t: there is no realm");
	/* Both a realm and a service have the name: no line is better than a wrong one. */
	assert_refused(ONE_REALM "service r { audience = a realms = { q } mailbox = none }", config_path, 0,
	    "r: there is no realm 'q'");
	assert_refused("user = 5x\nusr = a\n", config_path, 2, "'usr' is no setting");
	write_file(keys_path, "{\"keys\":[");
	assert_refused(ONE_REALM ONE_SERVICE, keys_path, 0, "");
}

static void
test_key_files_that_cannot_be_read(void **state)
{
	(void)state;
	unlink(keys_path);
	assert_refused("\n" ONE_REALM ONE_SERVICE, config_path, 2, "cannot be read: No such file");
	assert_int_equal(mkfifo(keys_path, 0600), 0);
	assert_refused("\n" ONE_REALM ONE_SERVICE, config_path, 2, "it is no regular file");
	unlink(keys_path);
	write_file(keys_path, "");
	assert_int_equal(truncate(keys_path, MM_DOCUMENT_LEN_MAX + 1), 0);
	assert_refused("\n" ONE_REALM ONE_SERVICE, config_path, 2, "it is too large");
}

#define FETCHED "jwks:https://keys.example/keys"

static bool
is_remarked(const struct mm_problems *problems, const char *words)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->items[i].class == MM_PROBLEM_REMARK && strstr(problems->items[i].text, words) != NULL)
			return true;
	return false;
}

static struct mm_trust *
load_with_remarks(struct mm_problems *problems)
{
	struct mm_config *config = NULL;
	struct mm_trust *trust = NULL;

	assert_true(mm_trustfile_load(config_path, problems, &config, &trust));
	assert_false(mm_problems_has_error(problems));
	mm_config_free(&config);
	return trust;
}

/* Offline, what mintmarkd kept is what there is; where it kept nothing, that is said, and other realms are as ever. */
static void
test_keys_that_were_fetched(void **state)
{
	struct mm_problems problems = { .count = 0 };
	char keys_folder[80], name[MM_KEPT_KEYS_NAME_SIZE], text[512];
	struct mm_trust *trust;
	int fd;

	(void)state;
	unlink(keys_path);
	write_file(keys_path, jwks);
	snprintf(keys_folder, sizeof(keys_folder), "%s/" MM_KEPT_KEYS_FOLDER, folder);
	snprintf(text, sizeof(text), "state_dir = \"%s\"\n" ONE_REALM ONE_SERVICE
	    "realm f { issuer = \"https://f.example/\" keys = \"" FETCHED "\" }\n"
	    "realm g { issuer = \"https://g.example/\" keys = \"" FETCHED "\" require_key_issuer = true }\n"
	    "revoke dead { realm = f keys = { dead } revoked_at = 5 }\n", folder);
	write_file(config_path, text);
	trust = load_with_remarks(&problems);
	assert_true(is_remarked(&problems, "realm f: no keys of " FETCHED " are kept in "));
	assert_true(is_remarked(&problems, "none were fetched"));
	assert_int_equal(trust->key_count, 2); /* the file's, and the dead kid */
	assert_true(trust->realms[1].keys_fetched && trust->realms[2].keys_fetched && !trust->realms[0].keys_fetched);
	mm_trust_free(&trust);
	mm_problems_clear(&problems);

	assert_int_equal(mkdir(keys_folder, 0700), 0);
	fd = open(keys_folder, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_true(mm_kept_keys_store(fd, FETCHED, mm_slice_str("{\"keys\":[\n{\"kid\":\"F1\",\"kty\":\"EC\","
	    "\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"alg\":\"ES256\","
	    "\"issuer\":\"https://f.example/\",\"mintmark_gone\":1700000000}\n]}\n"), 1700000000));
	trust = load_with_remarks(&problems);
	assert_int_equal(trust->key_count, 3);
	assert_int_equal(trust->keys[0].verify_until_s, 1700000000 + 86400);
	assert_true(is_remarked(&problems, "the realm has no key that can be used"));
	mm_trust_free(&trust);
	mm_problems_clear(&problems);
	assert_true(mm_kept_keys_file_name(FETCHED, name));
	assert_int_equal(unlinkat(fd, name, 0), 0);
	close(fd);
	assert_int_equal(rmdir(keys_folder), 0);
}

static void
keep(int fd, const char *name, const char *text)
{
	assert_true(mm_kept_keys_store(fd, name, mm_slice_str(text), 1700000000));
}

static void
forget(int fd, const char *name)
{
	char file[MM_KEPT_KEYS_NAME_SIZE];

	assert_true(mm_kept_keys_file_name(name, file));
	assert_int_equal(unlinkat(fd, file, 0), 0);
}

/* A mint has three documents, of which mintmarkd keeps what came last. */
static void
test_mints(void **state)
{
	static const char mints_keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"K1\","
	    "\"alg\":\"ES256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
	    "\"issuer\":\"https://m.example/{tenant}\",\"nbf\":100,\"exp\":200,\"state\":\"active\"}]}";
	struct mm_problems problems = { .count = 0 };
	char keys_folder[80], text[512];
	struct mm_trust *trust;
	int fd;

	(void)state;
	snprintf(keys_folder, sizeof(keys_folder), "%s/" MM_KEPT_KEYS_FOLDER, folder);
	snprintf(text, sizeof(text), "state_dir = \"%s\"\n"
	    "realm m { issuer = \"https://m.example/{tenant}\" keys = mint listen = { \"127.0.0.1:1\" } }\n"
	    "service s { audience = a realms = { m } directory = mint mark = required }\n", folder);
	write_file(config_path, text);
	trust = load_with_remarks(&problems);
	assert_int_equal(trust->key_count, 0);
	assert_true(is_remarked(&problems, "the ledger sent none"));
	mm_trust_free(&trust);
	mm_problems_clear(&problems);

	assert_int_equal(mkdir(keys_folder, 0700), 0);
	fd = open(keys_folder, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	keep(fd, "mint:m", mints_keys);
	keep(fd, "tenants:m",
	    "{\"tenants\":[{\"name\":\"added\",\"id\":\"x\",\"domains\":[\"x.example\"]}]}");
	keep(fd, "directory:m",
	    "{\"users\":[{\"tenant\":\"added\",\"subject\":\"u\",\"mailbox\":\"u@x.example\"}]}");
	trust = load_with_remarks(&problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(trust->key_count, 1);
	assert_true(trust->realms[0].is_mint);
	assert_int_equal(trust->services[0].mark, MM_PROOF_REQUIRED);
	assert_int_equal(trust->services[0].directory, MM_DIRECTORY_MAILBOXES);
	assert_int_equal(trust->realms[0].tenants[0].user_count, 1);
	mm_trust_free(&trust);

	keep(fd, "tenants:m", "{\"tenants\":[{\"id\":\"x\"}]}");
	assert_refused(text, "tenants:m", 0, "no document of tenants");
	keep(fd, "tenants:m", "{\"tenants\":[{\"name\":\"added\",\"id\":\"x\",\"domains\":[7]}]}");
	assert_refused(text, "tenants:m", 0, "no document of tenants");
	keep(fd, "tenants:m", "{\"tenants\":[]}");
	trust = load_with_remarks(&problems);
	assert_true(is_remarked(&problems, "tenant added, which the realm does not have"));
	mm_trust_free(&trust);
	mm_problems_clear(&problems);
	forget(fd, "mint:m");
	forget(fd, "tenants:m");
	forget(fd, "directory:m");
	close(fd);
	assert_int_equal(rmdir(keys_folder), 0);
}

static void
test_configuration_that_cannot_be_read(void **state)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = NULL;
	struct mm_trust *trust = NULL;

	(void)state;
	assert_false(mm_trustfile_load("/nonexistent/a.conf", &problems, &config, &trust));
	assert_false(mm_trustfile_load(folder, &problems, &config, &trust));
	assert_int_equal(problems.count, 2);
	assert_non_null(strstr(problems.items[0].text, "No such file"));
	assert_non_null(strstr(problems.items[1].text, "no regular file"));
	mm_problems_clear(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_places_of_problems),
		cmocka_unit_test(test_key_files_that_cannot_be_read),
		cmocka_unit_test(test_keys_that_were_fetched),
		cmocka_unit_test(test_mints),
		cmocka_unit_test(test_configuration_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
