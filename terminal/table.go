package terminal

import (
	"fmt"
	"io"
	"strings"
)

// Column is a column of a Table.
type Column struct {
	Title string
	Min   int  // it is not made narrower than this
	Whole bool // nor is it cut at all: it holds what a person copies
}

const columnGap = 2

// Table writes rows in columns that fit into width: what is too wide is cut,
// the widest columns first.
func Table(w io.Writer, width int, columns []Column, rows [][]string) error {
	widths := fit(width, columns, rows)
	titles := make([]string, len(columns))
	for i, column := range columns {
		titles[i] = column.Title
	}
	for _, row := range append([][]string{titles}, rows...) {
		if _, err := fmt.Fprintln(w, line(row, widths)); err != nil {
			return err
		}
	}
	return nil
}

func line(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(pad(cell, widths[i]))
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", columnGap))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// fit returns the width of each column: what its widest cell needs, and where
// that is too much in all, the widest are narrowed to the same width.
func fit(width int, columns []Column, rows [][]string) []int {
	widths := make([]int, len(columns))
	total := columnGap * (len(columns) - 1)
	for i, column := range columns {
		widths[i] = cells(column.Title)
		for _, row := range rows {
			widths[i] = max(widths[i], cells(Clean(row[i])))
		}
		total += widths[i]
	}
	for ; total > width; total-- {
		widest := -1
		for i, column := range columns {
			if !column.Whole && widths[i] > max(column.Min, 1) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}
