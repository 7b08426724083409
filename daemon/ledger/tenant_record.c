/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants as bytes: fixed fields, little-endian, then the texts.
 */
#include "daemon/ledger/tenant_record.h"

#include "lib/base/array.h"
#include "lib/base/reader.h"

#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

void
ledger_tenant_clear(struct ledger_tenant *tenant)
{
	free(tenant->domains);
	free(tenant->admins);
	*tenant = (struct ledger_tenant){ .disabled = false };
}

bool
ledger_tenant_copy(const struct ledger_tenant *from, struct ledger_tenant *to)
{
	*to = *from;
	to->domains = from->domains == NULL ? NULL : strdup(from->domains);
	to->admins = from->admins == NULL ? NULL : strdup(from->admins);
	if ((from->domains == NULL) == (to->domains == NULL) && (from->admins == NULL) == (to->admins == NULL))
		return true;
	ledger_tenant_clear(to);
	return false;
}

/* ---- texts ---- */

static bool
consists_of(struct mm_slice text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(characters, text.ptr[i]) == NULL)
			return false;
	return true;
}

bool
ledger_tenant_name_is_good(struct mm_slice name)
{
	return name.len > 0 && name.len <= MM_NAME_LEN_MAX && consists_of(name, LETTERS "_.");
}

bool
ledger_tenant_id_is_good(struct mm_slice id)
{
	return id.len > 0 && id.len <= MM_MINT_ID_LEN_MAX && consists_of(id, LETTERS);
}

bool
ledger_tenant_next_word(struct mm_slice *words, struct mm_slice *word)
{
	const char *end;

	if (words->len == 0)
		return false;
	end = memchr(words->ptr, ' ', words->len);
	*word = mm_slice(words->ptr, end == NULL ? words->len : (size_t)(end - words->ptr));
	*words = end == NULL ? mm_slice(words->ptr + words->len, 0) : mm_slice(end + 1, words->len - word->len - 1);
	return true;
}

bool
ledger_tenant_has_word(const char *words, struct mm_slice word)
{
	struct mm_slice rest = mm_slice_str(words == NULL ? "" : words), other;

	while (ledger_tenant_next_word(&rest, &other))
		if (mm_slice_equal(other, word))
			return true;
	return false;
}

bool
ledger_tenant_add_word(char **words, struct mm_slice word)
{
	size_t len = *words == NULL ? 0 : strlen(*words) + 1;
	char *longer;

	if (word.len == 0 || memchr(word.ptr, ' ', word.len) != NULL || len + word.len > LEDGER_TENANT_WORDS_MAX ||
	    ledger_tenant_has_word(*words, word))
		return false;
	longer = realloc(*words, len + word.len + 1);
	if (longer == NULL)
		return false;
	if (len > 0)
		longer[len - 1] = ' ';
	memcpy(longer + len, word.ptr, word.len);
	longer[len + word.len] = '\0';
	*words = longer;
	return true;
}

/* ---- bytes ---- */

bool
ledger_tenant_write(const struct ledger_tenant *tenant, struct mm_buf *buf)
{
	const char *texts[] = { tenant->name, tenant->id, tenant->domains == NULL ? "" : tenant->domains,
		tenant->admins == NULL ? "" : tenant->admins };

	mm_buf_add_u32(buf, tenant->disabled);
	mm_buf_add_u32(buf, tenant->uid);
	mm_buf_add_u64(buf, (uint64_t)tenant->time_s);
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		mm_buf_add_u32(buf, (uint32_t)strlen(texts[i]));
		mm_buf_add_str(buf, texts[i]);
	}
	return mm_buf_ok(buf);
}

static struct mm_slice
read_text(struct mm_reader *reader)
{
	uint32_t len = mm_reader_u32(reader);

	return mm_reader_slice(reader, len);
}

/* A list of words, each checked as those are that are added. */
static bool
read_words(struct mm_slice text, char **words)
{
	struct mm_slice word;

	while (ledger_tenant_next_word(&text, &word))
		if (!ledger_tenant_add_word(words, word))
			return false;
	return true;
}

bool
ledger_tenant_read(struct mm_slice bytes, struct ledger_tenant *tenant)
{
	struct mm_slice name, id, domains, admins;
	struct mm_reader reader;
	uint32_t disabled;

	*tenant = (struct ledger_tenant){ .disabled = false };
	mm_reader_init(&reader, bytes.ptr, bytes.len);
	disabled = mm_reader_u32(&reader);
	tenant->uid = mm_reader_u32(&reader);
	tenant->time_s = (int64_t)mm_reader_u64(&reader);
	name = read_text(&reader);
	id = read_text(&reader);
	domains = read_text(&reader);
	admins = read_text(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || disabled > 1 || !ledger_tenant_name_is_good(name) ||
	    !ledger_tenant_id_is_good(id) || memchr(domains.ptr, '\0', domains.len) != NULL ||
	    memchr(admins.ptr, '\0', admins.len) != NULL)
		return false;
	tenant->disabled = disabled == 1;
	memcpy(tenant->name, name.ptr, name.len);
	memcpy(tenant->id, id.ptr, id.len);
	if (read_words(domains, &tenant->domains) && read_words(admins, &tenant->admins))
		return true;
	ledger_tenant_clear(tenant);
	return false;
}
