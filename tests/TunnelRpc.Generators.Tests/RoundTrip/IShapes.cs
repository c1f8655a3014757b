using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>One method for each type. Each method returns its argument.</summary>
[TunnelService]
[SuppressMessage("Naming", "CA1711", Justification = "The contract tests names that collide.")]
public partial interface IShapes
{
    Task<Shapes.Position> Position(Shapes.Position value);

    Task<Shapes.Pair> Pair(Shapes.Pair value);

    Task<Shapes.Fields> Fields(Shapes.Fields value);

    Task<Shapes.Derived> Derived(Shapes.Derived value);

    Task<Shapes.Immutable> Immutable(Shapes.Immutable value);

    Task<Shapes.InitOnly> InitOnly(Shapes.InitOnly value);

    Task<Shapes.Page<Shapes.Pair>> Pairs(Shapes.Page<Shapes.Pair> value);

    Task<Shapes.Page<string>> Strings(Shapes.Page<string> value);

    Task<Shapes.Tree> Tree(Shapes.Tree value);

    Task<Shapes.Chicken> Chicken(Shapes.Chicken value);

    Task<Shapes.IThing> Thing(Shapes.IThing value);

    Task<Shapes.Keyed> Keyed(Shapes.Keyed value);

    Task<Shapes.Named> Named(Shapes.Named value);

    Task<Shapes.Packed> Packed(Shapes.Packed value);

    Task<Shapes.Keywords> Keywords(Shapes.Keywords value);

    Task<Shapes.Kept> Kept(Shapes.Kept value);

    Task<Shapes.Logged> Logged(Shapes.Logged value);

    Task<Shapes.Filled> Filled(Shapes.Filled value);

    Task<Shapes.Figure> Figure(Shapes.Figure value);

    Task<Shapes.Numbers> Numbers(Shapes.Numbers value);

    Task<Shapes.Values> Values(Shapes.Values value);

    Task<Shapes.Collections> Collections(Shapes.Collections value);
}
