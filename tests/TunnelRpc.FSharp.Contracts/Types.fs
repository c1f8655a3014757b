/// Types of F# that contracts of the tests use.
namespace TunnelRpc.FSharp.Contracts

open System

/// A discriminated union with fields, without fields, and with a field of its own type.
type Figure =
    | Circle of radius: double
    | Rectangle of width: double * height: double
    | Nothing
    | Scaled of Figure * factor: int

/// A discriminated union without fields.
type Light =
    | Red
    | Green

/// A discriminated union with one case.
type OrderId = OrderId of Guid

/// A discriminated union that is a struct.
[<Struct>]
type Measure =
    | Meters of meters: double
    | Pieces of pieces: int

/// A generic discriminated union that contains itself.
type Tree<'T> =
    | Leaf
    | Node of Tree<'T> * 'T * Tree<'T>

/// A record with options and collections.
type Order =
    { Id: OrderId
      Name: string
      Note: string option
      Count: int voption
      Lines: Figure list
      Tags: Set<string>
      Prices: Map<string, decimal>
      Outcome: Result<int, string> }

/// A record that is a struct.
[<Struct>]
type Position = { Latitude: double; Longitude: double }

/// A record that serializers can set.
[<CLIMutable>]
type Settings = { Level: int; Title: string }

/// A class with automatic properties.
type Counter() =
    member val Number = 0 with get, set
