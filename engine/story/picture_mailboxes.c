/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A square for each application that read a mailbox: its area grows with the logarithm of how often.
 */
#include "engine/story/picture.h"

#include <inttypes.h>

#define LABELS 300.0
#define WIDTH 1000.0
#define TOP 190.0
#define ROW 20.0
#define COLUMN_MOST 60.0
#define SQUARE 16.0
#define NAME_COLUMNS 40
#define HEAD_COLUMNS 24

struct matrix {
	struct mm_html *html;
	const struct mm_story *story;
	const struct mm_story_picture *picture;
	double column;
};

static void
put_head(const struct matrix *matrix, size_t number)
{
	const struct mm_story_application *application = &matrix->picture->applications[number];
	double x = LABELS + matrix->column * ((double)number + .5);

	mm_html_addf(matrix->html, "<text class=\"name%s\" transform=\"translate(%.1f %.1f) rotate(-55)\">",
	    mm_picture_tone(application->class), x, TOP - 8);
	mm_picture_application(matrix->html, matrix->story, application, HEAD_COLUMNS);
	mm_html_add(matrix->html, "</text>\n");
}

/* Side of the square: from a fifth for one access to all of it for a million. */
static double
side_of(uint64_t accesses)
{
	double share = .2;

	for (uint64_t most = 2; most <= accesses && share < 1; most *= 2)
		share += .04;
	return SQUARE * share;
}

static void
put_cell(const struct matrix *matrix, size_t row, size_t column)
{
	const struct mm_story_application *application = &matrix->picture->applications[column];
	uint64_t accesses = matrix->picture->cells[row * matrix->picture->applications_count + column];
	double side = side_of(accesses);
	double x = LABELS + matrix->column * ((double)column + .5) - side / 2;
	double y = TOP + ROW * ((double)row + .5) - side / 2;

	if (accesses == 0)
		return;
	mm_html_addf(matrix->html, "<rect class=\"bar%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
	    mm_picture_tone(application->class), x, y, side, side);
	mm_html_number(matrix->html, accesses);
	mm_html_add(matrix->html, " accesses by ");
	mm_picture_application(matrix->html, matrix->story, application, NAME_COLUMNS);
	mm_html_add(matrix->html, "</title></rect>");
}

static void
put_row(const struct matrix *matrix, size_t row)
{
	const struct mm_names *names = mm_logs_reading_names(mm_story_source(matrix->story)->reading);
	struct mm_slice mailbox = mm_names_text(names, matrix->picture->mailboxes[row]);
	double y = TOP + ROW * (double)(row + 1);

	mm_html_addf(matrix->html,
	    "<line class=\"axis\" x1=\"0\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/><text x=\"0\" y=\"%.1f\">", y, WIDTH, y,
	    y - 6);
	mm_html_text_cut(matrix->html, mailbox.len > 0 ? mailbox : mm_slice_str("(no mailbox told)"), NAME_COLUMNS);
	mm_html_add(matrix->html, "</text>");
	for (size_t i = 0; i < matrix->picture->applications_count; i++)
		put_cell(matrix, row, i);
	mm_html_add(matrix->html, "\n");
}

void
mm_picture_mailboxes(struct mm_html *html, const struct mm_story *story)
{
	const struct mm_story_picture *picture = mm_story_picture(story);
	double column = (WIDTH - LABELS - 60) / (double)(picture->applications_count + 1);
	struct matrix matrix = { html, story, picture, column > COLUMN_MOST ? COLUMN_MOST : column };

	mm_html_addf(html, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"mx-t mx-d\">\n", WIDTH,
	    TOP + ROW * (double)picture->mailboxes_count + 4);
	mm_html_add(html, "<title id=\"mx-t\">Mailboxes and the applications that read them</title>\n<desc id=\"mx-d\">"
	    "A row for each mailbox, a column for each application; a larger square is more accesses, by the logarithm."
	    "</desc>\n");
	for (size_t i = 0; i < picture->applications_count; i++)
		put_head(&matrix, i);
	for (size_t i = 0; i < picture->mailboxes_count; i++)
		put_row(&matrix, i);
	mm_html_add(html, "</svg>\n");
}
