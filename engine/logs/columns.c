/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of values is split anew each time: what few columns are looked at stand wherever the export put them.
 */
#include "engine/logs/columns.h"

#include "engine/logs/csv.h"
#include "engine/logs/normalise.h"
#include "engine/logs/tables.h"

#include <stdlib.h>

static struct mm_slice
trim(struct mm_slice text)
{
	while (text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	while (text.len > 0 && text.ptr[0] == ' ') {
		text.ptr++;
		text.len--;
	}
	return text;
}

/* Find a shape's members among the fields of a header; returns whether all are there that must be. */
static bool
match(size_t shape, const struct mm_csv_field *fields, size_t count, int16_t *members)
{
	const struct mm_walk_table *table = &mm_logs_tables()->shapes[shape];
	bool seen[MM_WALK_NAMES_MAX] = { false };

	for (size_t i = 0; i < count; i++) {
		int number = mm_walk_table_find(table, trim(fields[i].text));

		members[i] = -1;
		if (number < 0 || seen[number])
			continue;
		seen[number] = true;
		members[i] = (int16_t)number;
	}
	for (size_t i = 0; i < mm_logs_shapes[shape]->required; i++)
		if (!seen[i])
			return false;
	return mm_logs_shapes[shape]->read != NULL;
}

static void
choose_shape(struct mm_logs_columns *columns, const struct mm_csv_field *fields, size_t count)
{
	for (size_t i = 0; i < mm_logs_shapes_count && !columns->known; i++) {
		columns->known = match(i, fields, count, columns->members);
		columns->shape = i;
	}
	columns->used = 0;
	for (size_t i = 0; columns->known && i < count; i++)
		if (columns->members[i] >= 0)
			columns->used = i + 1;
}

struct mm_logs_columns *
mm_logs_columns_new(struct mm_slice header, char delimiter)
{
	struct mm_csv_field *fields = reallocarray(NULL, MM_LOGS_COLUMNS_MAX, sizeof(*fields));
	struct mm_logs_columns *columns = NULL;
	size_t count, known;

	if (fields == NULL)
		return NULL;
	count = mm_csv_split(header, delimiter, fields, MM_LOGS_COLUMNS_MAX, NULL);
	known = count < MM_LOGS_COLUMNS_MAX ? count : MM_LOGS_COLUMNS_MAX;
	columns = calloc(1, sizeof(*columns) + known * sizeof(columns->members[0]));
	if (columns != NULL) {
		columns->delimiter = delimiter;
		columns->count = count;
		choose_shape(columns, fields, known);
	}
	free(fields);
	return columns;
}

/* A field as a value; false where scratch is full. */
static bool
make_value(struct mm_logs_reader *reader, const struct mm_csv_field *field, struct mm_json_value *value)
{
	char *out;

	*value = (struct mm_json_value){ .text = field->text, .type = MM_JSON_STRING };
	if (!field->doubled)
		return true;
	out = mm_scratch_take(&reader->scratch, field->text.len);
	if (out == NULL)
		return false;
	value->text = mm_slice(out, mm_csv_undouble(field->text, out));
	return true;
}

bool
mm_logs_columns_values(const struct mm_logs_columns *columns, struct mm_logs_reader *reader, struct mm_slice row,
    struct mm_json_value *values, const char **fault)
{
	struct mm_csv_field fields[256];
	size_t most = sizeof(fields) / sizeof(fields[0]), count;
	struct mm_csv_field *all = fields;
	bool fits = true;

	if (columns->used > most)
		all = reallocarray(NULL, columns->used, sizeof(*all));
	if (all == NULL)
		return false;
	memset(values, 0, mm_logs_shapes[columns->shape]->members_count * sizeof(*values));
	count = mm_csv_split(row, columns->delimiter, all, columns->used, fault);
	if (count != columns->count)
		mm_logs_count(reader, MM_LOGS_STEP_COLUMNS);
	for (size_t i = 0; i < columns->used && i < count && fits; i++)
		if (columns->members[i] >= 0)
			fits = make_value(reader, &all[i], &values[columns->members[i]]);
	if (all != fields)
		free(all);
	return fits;
}

bool
mm_logs_columns_doubt(const struct mm_logs_columns *columns, const struct mm_json_value *values)
{
	struct mm_slice text;

	if (!columns->known)
		return false;
	text = trim(values[0].text);
	for (size_t i = 0; i < mm_logs_shapes_count; i++)
		if (mm_walk_table_find(&mm_logs_tables()->shapes[i], text) >= 0)
			return true;
	return false;
}
