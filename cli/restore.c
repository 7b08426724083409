/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark restore: put a backup in the place of the mints' state.
 *
 * What the mints did after the backup is not known. So signers' numbers, terms and the epoch go far ahead of it: no
 * id is given twice, and no epoch is lower than one that was told. A record of the ledger says from where on it is
 * so.
 */
#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "engine/config.h"
#include "engine/file.h"
#include "engine/folder.h"
#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"
#include "engine/ledger_writer.h"
#include "engine/mint_archive.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Starts that may have been since the backup: each took a signer's number of each realm, and a term. */
#define SIGNERS_AHEAD 1024
#define TERMS_AHEAD 65536

/* Epochs that may have been since. */
#define EPOCHS_AHEAD UINT64_C(1000000000)

/* More than mintmarkd counts in any life, and far enough below the largest number that one can go ahead. */
#define EPOCH_MAX (UINT64_MAX / 4)

#define STAGING "mint.restoring"
#define REPLACED "mint.replaced"

struct restore {
	const struct mm_config *config;
	bool force, json;
	int state_fd, staging_fd;
	bool give; /* to the processes' user */
	uid_t uid;
	gid_t gid;
	uint64_t files, bytes, epoch;
	struct mm_ledger_audit audit;
	uint32_t last_minute; /* that the replaced ledger allotted */
};

static bool
fail(const char *what, const char *why)
{
	fprintf(stderr, "mintmark restore: %s: %s\n", what, why);
	return false;
}

/* ---- is there room for it? ---- */

/* mintmarkd holds this lock while it runs. */
static bool
take_lock(struct restore *restore)
{
	int fd = openat(restore->state_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1)
		return fail("the lock of state_dir", strerror(errno));
	/* It is held until the command ends. */
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ||
	    fail(restore->config->state_dir, "a mintmarkd runs there: stop it first");
}

static bool
is_free(struct restore *restore)
{
	struct stat status;

	if (fstatat(restore->state_fd, "mint", &status, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT || fail("mint", strerror(errno));
	return restore->force ||
	    fail(restore->config->state_dir, "there are mints already; --force puts the backup in their place, and "
	    "keeps them beside it as " REPLACED);
}

/*
 * Where the state is that is replaced: a restoration that was killed between its two last steps has put it aside
 * already, and nothing in its place. NULL: there is none.
 */
static const char *
find_replaced(const struct restore *restore)
{
	struct stat status;

	if (fstatat(restore->state_fd, "mint", &status, AT_SYMLINK_NOFOLLOW) == 0)
		return "mint";
	return fstatat(restore->state_fd, REPLACED, &status, AT_SYMLINK_NOFOLLOW) == 0 ? REPLACED : NULL;
}

/* ---- taking the archive apart ---- */

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status, (void)kind, (void)place;
	return remove(path);
}

static void
remove_tree(const struct restore *restore, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", restore->config->state_dir, name) < (int)sizeof(path))
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
give_away(const struct restore *restore, int dir_fd, const char *name)
{
	return !restore->give || fchownat(dir_fd, name, restore->uid, restore->gid, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Make the folders before a name's last part. */
static bool
make_folders(const struct restore *restore, const char *name)
{
	char folder[MM_ARCHIVE_NAME_MAX + 1];

	for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		memcpy(folder, name, (size_t)(slash - name));
		folder[slash - name] = '\0';
		if (mkdirat(restore->staging_fd, folder, 0700) == 0 ?
		        !give_away(restore, restore->staging_fd, folder) : errno != EEXIST)
			return false;
	}
	return true;
}

/* What all must be able to read is the public key and the certificate; the rest is the processes' alone. */
static int
make_file(void *ctx, const char *name)
{
	const struct restore *restore = ctx;
	bool is_public = strcmp(name, "root.pub") == 0 || strcmp(name, "key-state.cert") == 0;
	int fd = make_folders(restore, name) ? openat(restore->staging_fd, name,
	             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, is_public ? 0644 : 0600) : -1;

	if (fd != -1 && restore->give && !is_public && fchown(fd, restore->uid, restore->gid) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
take_apart(struct restore *restore, const char *path)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const char *fault;

	if (fd == -1)
		return fail(path, strerror(errno));
	remove_tree(restore, STAGING);
	if (mkdirat(restore->state_fd, STAGING, 0755) == -1)
		return fail(STAGING, strerror(errno));
	restore->staging_fd = openat(restore->state_fd, STAGING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (restore->staging_fd == -1)
		return fail(STAGING, strerror(errno));
	fault = mm_archive_read(fd, make_file, restore, &restore->files, &restore->bytes);
	if (fd != STDIN_FILENO)
		close(fd);
	return fault == NULL || fail(path, fault);
}

/* ---- the ledger goes on ahead ---- */

static bool
audit_ledger(struct restore *restore, int dir_fd)
{
	size_t len = 0;
	char *root = mm_file_read(restore->staging_fd, "root.pub", MM_ED25519_PUBLIC_LEN, &len);
	bool read = root != NULL && len == MM_ED25519_PUBLIC_LEN &&
	    mm_ledger_audit(dir_fd, (const uint8_t *)root, NULL, NULL, &restore->audit);
	char why[256];

	free(root);
	if (!read)
		return fail("the backup's ledger", "it cannot be read, or there is no pinned root");
	if (restore->audit.fault == NULL)
		return true;
	(void)snprintf(why, sizeof(why), "segment %" PRIu64 ", byte %" PRIu64 ": %s", restore->audit.at.segment,
	    restore->audit.at.offset, restore->audit.fault);
	return fail("the backup's ledger is not whole", why);
}

static void
note_signers(struct restore *restore, const struct mm_ledger_realm_signer *signers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < restore->audit.realm_count; j++) {
			struct mm_ledger_realm_sum *realm = &restore->audit.realms[j];

			if (mm_slice_equal(mm_slice_str(realm->name), signers[i].name) &&
			    realm->signer < signers[i].signer)
				realm->signer = signers[i].signer;
		}
}

static void
note_start(struct restore *restore, uint64_t term, uint32_t last_minute)
{
	if (restore->audit.term < term)
		restore->audit.term = term;
	if (restore->last_minute < last_minute)
		restore->last_minute = last_minute;
}

static void
note_record(struct restore *restore, const uint8_t *bytes, size_t len)
{
	static struct mm_ledger_record record;

	if (!mm_ledger_decode(bytes, len, &record))
		return;
	if (record.kind == MM_LEDGER_TERM) {
		note_start(restore, record.term.number, record.term.last_minute);
		note_signers(restore, record.term.realms, record.term.realm_count);
	} else if (record.kind == MM_LEDGER_GAP) {
		note_start(restore, record.gap.term, record.gap.last_minute);
		note_signers(restore, record.gap.realms, record.gap.realm_count);
	}
}

static void
note_anchored(struct restore *restore, int dir_fd)
{
	static struct mm_ledger_anchor anchor; /* large */
	struct mm_slice record;
	struct mm_ledger_at at;
	size_t position = 0;

	if (mm_ledger_anchor_load(dir_fd, NULL, NULL, &anchor) == NULL)
		while (mm_ledger_anchor_next(&anchor, &position, &at, &record))
			note_record(restore, (const uint8_t *)record.ptr, record.len);
	mm_ledger_anchor_clear(&anchor);
}

/*
 * What the ledger that is replaced has given away: it may go on from the same backup, and then gave the very numbers
 * that would be next. As far as it can be read; damage may be why it is replaced.
 */
static void
look_at_replaced(struct restore *restore)
{
	const char *replaced = find_replaced(restore);
	char name[sizeof(REPLACED) + sizeof("/ledger")];
	struct mm_ledger_reader *reader;
	struct mm_ledger_item item;
	enum mm_ledger_read read;
	int dir_fd = -1;

	if (replaced != NULL && snprintf(name, sizeof(name), "%s/ledger", replaced) < (int)sizeof(name))
		dir_fd = openat(restore->state_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd == -1)
		return;
	note_anchored(restore, dir_fd);
	reader = mm_ledger_reader_new(dir_fd, 0);
	while (reader != NULL && (read = mm_ledger_reader_next(reader, &item)) != MM_LEDGER_READ_END &&
	    read != MM_LEDGER_READ_FAILED)
		if (read == MM_LEDGER_READ_RECORD)
			note_record(restore, item.bytes, item.len);
	mm_ledger_reader_free(&reader);
	close(dir_fd);
}

/* ---- signers' numbers: 65,535 of each realm for all time ---- */

static bool
is_used_up(const struct mm_ledger_realm_sum *realm)
{
	return realm->signer >= UINT16_MAX - SIGNERS_AHEAD;
}

/* From where its signers go on. One that no configuration names may stay at the last number, which none gets. */
static uint16_t
signer_ahead(const struct mm_ledger_realm_sum *realm)
{
	return is_used_up(realm) ? UINT16_MAX : (uint16_t)(realm->signer + SIGNERS_AHEAD);
}

static bool
is_mint(const struct mm_config *config, const char *name)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (strcmp(config->realms[i].name, name) == 0)
			return config->realms[i].keys_kind == MM_KEYS_MINT;
	return false;
}

static bool
fail_used_up(const char *realm)
{
	fprintf(stderr,
	    "mintmark restore: realm %s: it was restored too often: its signers' numbers are used up, and none may be\n"
	    "given twice. Nothing was changed. Give the realm another name, NAME, in the configuration, also where\n"
	    "tenants, services and realms name it, and restore again. Then move mint/%s/table to mint/NAME/table\n"
	    "below state_dir, call 'mintmark init', and add again the tenants that 'mintmark tenant' had added. Its\n"
	    "issuer, users and clients stay. mintmark-mint(7), BACKUP AND RESTORE, tells it step by step.\n",
	    realm, realm);
	return false;
}

/* The gap: from where on it is not known, and what the mints go on with. False where numbers are used up. */
static bool
write_gap(struct restore *restore, struct mm_ledger_gap *gap)
{
	int64_t minute = time(NULL) / 60;

	gap->term = restore->audit.term + TERMS_AHEAD;
	gap->epoch = restore->epoch;
	gap->last_minute = minute < 0 || minute > UINT32_MAX ? 0 : (uint32_t)minute;
	if (restore->last_minute > gap->last_minute)
		gap->last_minute = restore->last_minute;
	gap->why = mm_slice_str("restored from a backup");
	for (size_t i = 0; i < restore->audit.realm_count; i++) {
		const struct mm_ledger_realm_sum *realm = &restore->audit.realms[i];

		if (is_used_up(realm) && is_mint(restore->config, realm->name))
			return fail_used_up(realm->name);
		if (realm->last.minute > gap->last_minute)
			gap->last_minute = realm->last.minute;
		gap->realms[gap->realm_count++] = (struct mm_ledger_realm_signer){ mm_slice_str(realm->name),
			signer_ahead(realm), realm->last };
	}
	return true;
}

/* Where the ledger of the backup ends. */
static bool
find_tail(int dir_fd, const struct restore *restore, struct mm_ledger_tail *tail)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(dir_fd, restore->audit.at.segment);
	enum mm_ledger_read read = MM_LEDGER_READ_FAILED;
	struct mm_ledger_item item;

	while (reader != NULL && (read = mm_ledger_reader_next(reader, &item)) == MM_LEDGER_READ_RECORD)
		;
	if (read == MM_LEDGER_READ_END)
		mm_ledger_reader_tail(reader, tail);
	mm_ledger_reader_free(&reader);
	return read == MM_LEDGER_READ_END;
}

static bool
record_gap(struct restore *restore, int dir_fd)
{
	static struct mm_ledger_record record;
	struct mm_ledger_writer *writer;
	struct mm_ledger_tail tail;
	bool recorded;

	record.kind = MM_LEDGER_GAP;
	record.time_us = (int64_t)time(NULL) * 1000000;
	if (!write_gap(restore, &record.gap))
		return false;
	if (!find_tail(dir_fd, restore, &tail))
		return fail("the backup's ledger", strerror(errno));
	writer = mm_ledger_writer_open(dir_fd, MM_LEDGER_SEGMENT_BYTES, &tail);
	if (writer == NULL)
		return fail("the backup's ledger", strerror(errno));
	recorded = mm_ledger_writer_append(writer, &record, NULL) != 0;
	recorded = mm_ledger_writer_close(&writer) && recorded;
	return recorded || fail("the backup's ledger", "the gap cannot be recorded");
}

/* Segments that were made here belong to the processes' user, too. */
static bool
give_segments(const struct restore *restore, int dir_fd)
{
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(dir_fd, &numbers);
	bool given = count != -1;

	for (ssize_t i = 0; i < count && given; i++) {
		char name[MM_LEDGER_NAME_SIZE];

		mm_ledger_segment_name(numbers[i], name);
		given = give_away(restore, dir_fd, name);
	}
	if (count != -1)
		free(numbers);
	return given || fail("the ledger's files", strerror(errno));
}

static bool
go_ahead(struct restore *restore)
{
	int dir_fd = openat(restore->staging_fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done;

	if (dir_fd == -1)
		return fail("the backup has no ledger", strerror(errno));
	done = audit_ledger(restore, dir_fd);
	if (done)
		look_at_replaced(restore);
	done = done && record_gap(restore, dir_fd) && give_segments(restore, dir_fd);
	close(dir_fd);
	return done;
}

/* ---- the epoch ---- */

/* Digits and a newline, as mintmarkd writes it. Absent: 0. False: another thing stands there; nothing is guessed. */
static bool
read_epoch(int dir_fd, const char *name, uint64_t *epoch)
{
	size_t len = 0;
	char *text = mm_file_read(dir_fd, name, 32, &len);
	bool good = text != NULL && len >= 2 && text[len - 1] == '\n';

	*epoch = 0;
	if (text == NULL)
		return errno == ENOENT;
	for (size_t i = 0; good && i < len - 1; i++) {
		good = text[i] >= '0' && text[i] <= '9' && *epoch <= EPOCH_MAX / 10;
		*epoch = *epoch * 10 + (uint64_t)(text[i] - '0');
	}
	free(text);
	return good && *epoch <= EPOCH_MAX;
}

/* Ahead of the backup's and of the one that is here. */
static bool
choose_epoch(struct restore *restore)
{
	uint64_t here, there;

	if (!read_epoch(restore->state_fd, "epoch", &here))
		return fail("the epoch of state_dir", "it is damaged: write a larger number into it than any in the "
		    "journal, or take the file away");
	if (!read_epoch(restore->staging_fd, "epoch", &there))
		return fail("the backup's epoch", "it is none");
	restore->epoch = (here > there ? here : there) + EPOCHS_AHEAD;
	return true;
}

static bool
write_epoch(struct restore *restore)
{
	char text[32];
	int fd = openat(restore->state_fd, "epoch.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", restore->epoch);
	bool written;

	if (fd == -1)
		return fail("epoch", strerror(errno));
	written = write(fd, text, (size_t)len) == len && fsync(fd) == 0;
	close(fd);
	(void)unlinkat(restore->staging_fd, "epoch", 0);
	return (written && renameat(restore->state_fd, "epoch.new", restore->state_fd, "epoch") == 0 &&
	           fsync(restore->state_fd) == 0) ||
	    fail("epoch", strerror(errno));
}

/* ---- the sealing keys, which no backup has ---- */

/* Copy a sealing key of the state that is replaced; one that is not there is not missed. */
static bool
keep_sealing_key(struct restore *restore, const char *replaced, const char *folder)
{
	char name[PATH_MAX], from[PATH_MAX];
	size_t len = 0;
	char *bytes;
	bool kept;
	int fd;

	if (snprintf(name, sizeof(name), "%s/sealing.key", folder) >= (int)sizeof(name) ||
	    snprintf(from, sizeof(from), "%s/%s", replaced, name) >= (int)sizeof(from))
		return fail(folder, strerror(ENAMETOOLONG));
	bytes = mm_file_read(restore->state_fd, from, 64, &len);
	if (bytes == NULL)
		return errno == ENOENT || errno == ENOTDIR || fail(from, mm_file_failure_text(errno));
	fd = make_file(restore, name);
	kept = (fd != -1 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0) || fail(name, strerror(errno));
	if (fd != -1)
		close(fd);
	explicit_bzero(bytes, len);
	free(bytes);
	return kept;
}

static bool
keep_sealing_keys(struct restore *restore)
{
	const char *replaced = find_replaced(restore);
	DIR *folder = replaced == NULL ? NULL : mm_folder_open(restore->staging_fd, ".");
	const struct dirent *entry;
	bool kept = true;

	if (replaced == NULL)
		return true;
	if (folder == NULL)
		return fail(STAGING, strerror(errno));
	while (kept && (entry = mm_folder_next(folder)) != NULL)
		if (entry->d_name[0] != '.')
			kept = keep_sealing_key(restore, replaced, entry->d_name);
	if (kept && errno != 0)
		kept = fail(STAGING, strerror(errno));
	mm_folder_close(folder);
	return kept;
}

/* ---- into place ---- */

static bool
put_in_place(struct restore *restore)
{
	const char *replaced = find_replaced(restore);

	/* What an earlier one put aside goes only where there is something newer to put there. */
	if (replaced != NULL && strcmp(replaced, REPLACED) != 0) {
		remove_tree(restore, REPLACED);
		if (renameat(restore->state_fd, "mint", restore->state_fd, REPLACED) == -1)
			return fail("mint", strerror(errno));
	}
	return (renameat(restore->state_fd, STAGING, restore->state_fd, "mint") == 0 &&
	           fsync(restore->state_fd) == 0) ||
	    fail(STAGING, strerror(errno));
}

static void
print_realm(const struct restore *restore, const struct mm_ledger_realm_sum *realm)
{
	unsigned signer = signer_ahead(realm);

	/* The last number stands for a realm that has none left. */
	if (is_mint(restore->config, realm->name))
		printf("realm %s goes on with signer number %u, and can be restored %u times more\n", realm->name,
		    signer, (UINT16_MAX - 1 - signer) / SIGNERS_AHEAD);
}

static void
print_end(const struct restore *restore)
{
	char when[MM_WHEN_MAX];

	mm_when_format(restore->audit.last_us / 1000000, when);
	printf("%" PRIu64 " files, %" PRIu64 " bytes; the ledger has %" PRIu64 " records, the last one of %s.\n",
	    restore->files, restore->bytes, restore->audit.records, when);
	puts("It is not known what the mints did after that: tokens issued since then are not on record, and are\n"
	     "refused where proof is demanded; keys made since then, changes of users, clients and tenants, and\n"
	     "what was revoked since then are lost. Make those changes again, and consider cutting sessions.");
	for (size_t i = 0; i < restore->audit.realm_count; i++)
		print_realm(restore, &restore->audit.realms[i]);
	printf("the epoch goes on from %" PRIu64 "\n", restore->epoch);
	puts("Sealing keys are in no backup: unless they are there, put them in their places before mintmarkd is\n"
	     "started.");
}

static bool
restore_from(struct restore *restore, const char *path)
{
	bool done = take_lock(restore) && is_free(restore) && take_apart(restore, path) &&
	    choose_epoch(restore) && go_ahead(restore) && keep_sealing_keys(restore) && write_epoch(restore) &&
	    put_in_place(restore);

	if (!done && restore->staging_fd != -1)
		remove_tree(restore, STAGING);
	return done;
}

static bool
find_user(struct restore *restore)
{
	const struct passwd *entry;

	restore->give = geteuid() == 0;
	if (!restore->give)
		return true;
	entry = getpwnam(restore->config->user);
	if (entry == NULL)
		return fail(restore->config->user, "there is no such user for the processes to run as");
	restore->uid = entry->pw_uid;
	restore->gid = entry->pw_gid;
	return true;
}

static int
run(const char *config_path, const char *path, bool force)
{
	static struct restore restore = { .state_fd = -1, .staging_fd = -1 };
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_trustfile_read_config(config_path, &problems);
	bool done = false;

	restore.config = config;
	restore.force = force;
	if (config == NULL) {
		mm_problems_print(&problems, stderr, false);
		mm_problems_clear(&problems);
		return MM_EXIT_USAGE;
	}
	restore.state_fd = open(config->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (restore.state_fd == -1)
		fail(config->state_dir, strerror(errno));
	else
		done = find_user(&restore) && restore_from(&restore, path);
	if (done)
		print_end(&restore);
	mm_problems_clear(&problems);
	mm_config_free(&config);
	return done ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_command_restore(const struct mm_command *command, int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "force", no_argument, NULL, 'f' }, { NULL, 0, NULL, 0 } };
	const char *config_path = MM_CONFIG_PATH_DEFAULT;
	bool force = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", options, NULL)) != -1)
		if (option == 'c')
			config_path = optarg;
		else if (option == 'f')
			force = true;
		else
			return mm_command_option_error(command, option, argv);
	if (argc - optind != 1)
		return mm_command_usage_error(command, "%s",
		    argc == optind ? "from where? ARCHIVE, or - for standard input" : "it takes one ARCHIVE");
	return run(config_path, argv[optind], force);
}
