/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark check-config: whether a configuration is good, and what was understood of it.
 */
#include "cli/check_config.h"
#include "cli/command.h"
#include "engine/caller_secret.h"
#include "engine/config_difference.h"
#include "engine/tls_file.h"
#include "engine/trustfile.h"
#include "lib/trust/trust.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Kids that a remark names; the rest is counted. */
#define KIDS_NAMED_MAX 5

/* ---- what the trust compiler does not look at ---- */

#define TELL(checked, CLASS, line, mend, ...) \
	mm_problems_add(&(checked)->problems, MM_PROBLEM_##CLASS, (checked)->config->path, (line), (mend), __VA_ARGS__)

static void
check_caller(struct mm_checked *checked, const struct mm_config_service *service, const struct mm_config_caller *caller)
{
	uint8_t digest[MM_DIGEST_LEN];
	enum mm_caller_secret outcome = mm_caller_secret_read(caller->secret_path, digest);
	bool closed = outcome == MM_CALLER_SECRET_UNREADABLE && errno == EACCES;

	if (outcome == MM_CALLER_SECRET_GOOD)
		return;
	if (closed)
		TELL(checked, REMARK, service->line, "check again as root",
		    "service %s: the secret of caller %s, %s, is closed to this user and was not looked at",
		    service->name, caller->name, caller->secret_path);
	else
		TELL(checked, ERROR, service->line, mm_caller_secret_mend(outcome), "service %s: caller %s: %s (%s)",
		    service->name, caller->name, mm_caller_secret_text(outcome), caller->secret_path);
}

static void
check_services(struct mm_checked *checked)
{
	for (size_t i = 0; i < checked->config->service_count; i++) {
		const struct mm_config_service *service = &checked->config->services[i];

		for (size_t j = 0; j < service->caller_count; j++)
			check_caller(checked, service, &service->callers[j]);
		if (service->clients == NULL)
			TELL(checked, REMARK, service->line,
			    "name in 'clients' the applications whose tokens it may take",
			    "service %s accepts tokens of any client", service->name);
	}
	if (checked->config->service_count == 0)
		TELL(checked, REMARK, 0, "add a 'service' section", "there is no service: nobody can ask anything");
}

/* Add " kid" to a list in text, the first few only. */
static void
name_kid(char text[static 512], size_t number, struct mm_slice kid)
{
	size_t used = strlen(text);

	if (number <= KIDS_NAMED_MAX)
		snprintf(text + used, 512 - used, " '%.*s'", (int)kid.len, kid.ptr);
	else if (number == KIDS_NAMED_MAX + 1)
		snprintf(text + used, 512 - used, " and others");
}

static void
check_realm_keys(struct mm_checked *checked, const struct mm_config_realm *realm)
{
	size_t usable = 0, endless = 0, signing = 0;
	char kids[512] = "";

	for (size_t i = 0; i < checked->trust->key_count; i++) {
		const struct mm_key *key = &checked->trust->keys[i];

		if (key->standing != MM_KEY_USABLE || !mm_slice_equal(key->realm->name, mm_slice_str(realm->name)))
			continue;
		usable++;
		signing += mm_key_state_at(key, checked->now_s) == MM_STATE_ACTIVE;
		if (key->signs_until_s == INT64_MAX)
			name_kid(kids, ++endless, key->kid);
	}
	if (usable > 0 && signing == 0)
		TELL(checked, REMARK, realm->line,
		    "fetch its current key set", "realm %s: no key is active now: every new token of it is refused",
		    realm->name);
	if (endless > 0)
		TELL(checked, REMARK, realm->line,
		    "give each key an 'exp' in the key file, so that it ends by itself",
		    "realm %s: %zu of %zu keys have no end date:%s", realm->name, endless, usable, kids);
}

static void
check_tls_file(struct mm_checked *checked, const char *setting, const char *path, bool is_key)
{
	const char *mend, *fault = path == NULL ? NULL : mm_tls_file_fault(path, is_key, &mend);

	if (fault != NULL)
		TELL(checked, ERROR, 0, mend, "'%s': %s: %s", setting, path, fault);
}

/* Only root can become another user. */
static void
check_user(struct mm_checked *checked)
{
	if (getpwnam(checked->config->user) == NULL)
		TELL(checked, REMARK, 0,
		    "make the user, or name another in 'user'",
		    "this machine has no user '%s'; mintmarkd started by root needs it", checked->config->user);
}

static void
check_surroundings(struct mm_checked *checked)
{
	check_services(checked);
	for (size_t i = 0; i < checked->config->realm_count; i++)
		check_realm_keys(checked, &checked->config->realms[i]);
	check_tls_file(checked, "tls_certificate", checked->config->tls_certificate_path, false);
	check_tls_file(checked, "tls_key", checked->config->tls_key_path, true);
	check_user(checked);
}

/* What it accepts that the other does not, and the other way round. */
static void
compare(struct mm_checked *checked)
{
	struct mm_config *other = mm_trustfile_read_config(checked->against, &checked->problems);

	if (other == NULL)
		return;
	(void)mm_config_difference(other, checked->config, &checked->difference);
	if (!mm_buf_ok(&checked->difference))
		TELL(checked, ERROR, 0, NULL, "memory is short for the difference to %s", checked->against);
	mm_config_free(&other);
}

/* ---- the command ---- */

static void
check(struct mm_checked *checked)
{
	checked->now_s = time(NULL);
	mm_buf_init(&checked->difference, MM_CONFIG_DIFFERENCE_MAX);
	if (mm_trustfile_load(checked->path, &checked->problems, &checked->config, &checked->trust)) {
		check_surroundings(checked);
		if (checked->against != NULL)
			compare(checked);
	}
	checked->good = !mm_problems_has_error(&checked->problems);
}

static void
clear(struct mm_checked *checked)
{
	mm_problems_clear(&checked->problems);
	mm_buf_clear(&checked->difference);
	mm_config_free(&checked->config);
	mm_trust_free(&checked->trust);
}

static int
check_and_tell(const struct mm_command *command, const char *path, const char *against, bool json)
{
	struct mm_checked checked = { .path = path, .against = against };
	bool told = true;
	int status;

	check(&checked);
	status = checked.good ? MM_EXIT_DONE : MM_EXIT_USAGE;
	if (json)
		told = mm_checked_print_json(&checked);
	else
		mm_checked_print(&checked);
	clear(&checked);
	if (told)
		return status;
	fprintf(stderr, "mintmark %s: memory is short\n", command->name);
	return MM_EXIT_USAGE;
}

int
mm_command_check_config(const struct mm_command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "against", required_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = MM_CONFIG_PATH_DEFAULT, *against = NULL;
	bool json = false;
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'a':
			against = optarg;
			break;
		case 'j':
			json = true;
			break;
		default:
			return mm_command_option_error(command, option, argv);
		}
	}
	if (optind != argc)
		return mm_command_usage_error(command, "'%s' is one argument too many", argv[optind]);
	return check_and_tell(command, path, against, json);
}
