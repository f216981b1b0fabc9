package terminal

import (
	"fmt"
	"io"
	"strings"
)

// Column is a column of a Table.
type Column struct {
	Title  string
	Enough int  // how wide it should be before optional columns get any room
	Min    int  // it is not made narrower than this
	Right  bool // it holds numbers, which line up at their right
	// ID is set for what a person copies: it is shortened last, and in the middle.
	ID bool
	// Optional is set for a column that is left out where there is no room for all:
	// those with the highest number go first.
	Optional int
}

// Cell is what a Table shows in one place.
type Cell struct {
	Text  string
	Style Style
}

const columnGap = 2

// Table writes rows in columns that fit the screen: where they do not, optional
// columns are left out, and then the widest are made narrower. A screen that asks
// for all of it has every column, as wide as its longest text.
func Table(w io.Writer, s Screen, columns []Column, rows [][]Cell) error {
	t := table{screen: s, columns: columns, rows: make([][]Cell, len(rows))}
	for i, row := range rows {
		t.rows[i] = make([]Cell, len(row))
		for j, cell := range row {
			t.rows[i][j] = Cell{Clean(cell.Text), cell.Style}
		}
	}
	t.fit()
	titles := make([]Cell, len(columns))
	for i, column := range columns {
		titles[i] = Cell{column.Title, Strong}
	}
	for _, row := range append([][]Cell{titles}, t.rows...) {
		if _, err := fmt.Fprintln(w, t.line(row)); err != nil {
			return err
		}
	}
	return nil
}

type table struct {
	screen  Screen
	columns []Column
	rows    [][]Cell
	widths  []int // 0 for a column that is left out
}

func (t *table) line(row []Cell) string {
	var b strings.Builder
	blank := 0 // columns before the next text
	for i, width := range t.widths {
		if width == 0 {
			continue
		}
		text := Cut(row[i].Text, width)
		if t.columns[i].ID {
			text = CutMiddle(row[i].Text, width)
		}
		room := width - cells(text)
		switch {
		case text == "":
			blank += width
		case t.columns[i].Right:
			b.WriteString(strings.Repeat(" ", blank+room) + t.screen.Paint(row[i].Style, text))
			blank = 0
		default:
			b.WriteString(strings.Repeat(" ", blank) + t.screen.Paint(row[i].Style, text))
			blank = room
		}
		blank += columnGap
	}
	return b.String()
}

// fit finds out how wide the columns are.
func (t *table) fit() {
	t.widths = make([]int, len(t.columns))
	for i, column := range t.columns {
		t.widths[i] = cells(column.Title)
		for _, row := range t.rows {
			t.widths[i] = max(t.widths[i], cells(row[i].Text))
		}
	}
	if t.screen.Whole {
		return
	}
	for t.total(t.enough) > t.screen.Width && t.leaveOut() {
	}
	floor := t.enough
	if t.total(t.enough) > t.screen.Width {
		floor = t.least
	}
	for t.total(t.width) > t.screen.Width && (t.narrow(false, floor) || t.narrow(true, t.least)) {
	}
}

func (t *table) width(i int) int { return t.widths[i] }
func (t *table) least(i int) int { return min(t.widths[i], max(t.columns[i].Min, 1)) }

func (t *table) enough(i int) int {
	if t.columns[i].ID {
		return t.widths[i]
	}
	return min(t.widths[i], max(t.columns[i].Enough, t.columns[i].Min, 1))
}

// total is how wide the columns are together.
func (t *table) total(width func(int) int) int {
	total := -columnGap
	for i := range t.columns {
		if t.widths[i] > 0 {
			total += width(i) + columnGap
		}
	}
	return total
}

// leaveOut leaves the most optional column out, and reports whether there was one.
func (t *table) leaveOut() bool {
	most := -1
	for i, column := range t.columns {
		if t.widths[i] > 0 && column.Optional > 0 && (most < 0 || column.Optional > t.columns[most].Optional) {
			most = i
		}
	}
	if most >= 0 {
		t.widths[most] = 0
	}
	return most >= 0
}

// narrow takes one off the widest of the columns that hold ids, or of the others,
// and reports whether there was one that may be narrower.
func (t *table) narrow(ids bool, floor func(int) int) bool {
	most := -1
	for i, column := range t.columns {
		if column.ID == ids && t.widths[i] > floor(i) && (most < 0 || t.widths[i] > t.widths[most]) {
			most = i
		}
	}
	if most >= 0 {
		t.widths[most]--
	}
	return most >= 0
}
