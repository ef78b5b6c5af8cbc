// Package wire holds the plain types that cross the socket between a host and whoever talks to it: a cell,
// the command line, or a program in another language. Nothing but numbers, strings and arrays crosses.
//
// The protocol is HTTP over a Unix socket, JSON in both directions, below /v1. Its calls:
//
//	GET    /v1/host                     [Host]
//	POST   /v1/host/stop                [Stop] or nothing → [Host]; saves everything and leaves
//	GET    /v1/runs                     []Status
//	PUT    /v1/runs/NAME                [Declaration] → [Status]; creates the run or attaches to it
//	GET    /v1/runs/NAME                [Status]
//	POST   /v1/runs/NAME/train          [Train] → stream of [Event], one JSON object a line
//	GET    /v1/runs/NAME/events         stream of [Event] until the client leaves
//	POST   /v1/runs/NAME/pause          [Status]
//	POST   /v1/runs/NAME/set            settings → [Status]
//	POST   /v1/runs/NAME/evaluate       {"split": "val"} → []Record: accuracies, cross entropies and the [MacroF1]
//	POST   /v1/runs/NAME/probe          [Probe] → []Record
//	POST   /v1/runs/NAME/fresh          [Declaration] or nothing → [Status]; archives the run, starts it over
//	POST   /v1/runs/NAME/export         {"format", "path"} → {"path"}
//	GET    /v1/runs/NAME/history        [History]
//	GET    /v1/runs/NAME/var?name=      array
//	GET    /v1/runs/NAME/gradient?name=     array, of the batch that the next step takes
//	GET    /v1/runs/NAME/activation?layer=  array, likewise
//	GET    /v1/runs/NAME/samples?modality=  array [n, 2]: position in the training split, squared gradient norm
//	GET    /v1/runs/NAME/features?split=&modality=   array
//	GET    /v1/runs/NAME/batch?modality=             array; modality "label" gives the labels
//	GET    /v1/figure?kind=&run=&run=   [Figure]
//	POST   /v1/reproduction/draw        [Reproduction] → []Figure, those of its table or figure, in order
//	POST   /v1/settings                 [SettingsAsk] → [SettingList]
//	GET    /v1/sets                     []Set
//	POST   /v1/sets/view                [SetAsk] → [SetView]
//
// Where the socket is says [SocketPath], or `primewindow ps`. Its folder is closed to other users, and both sides look
// at who the other is before a word is said: a client that is not this package's should do so too (SO_PEERCRED).
//
// An array is a body of raw little-endian float32 with its shape in the header [ShapeHeader], "128,64". An error is a
// [Problem] with a status of 4xx or 5xx. A later version of the protocol gets another prefix; within /v1 fields are
// added and never change their meaning. A host refuses a request with a field that it does not know, by name, rather
// than doing less than was asked for: a client of newer code is told so.
package wire
