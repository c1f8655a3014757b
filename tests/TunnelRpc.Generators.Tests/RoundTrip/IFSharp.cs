using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using TunnelRpc.FSharp.Contracts;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Types of F#. Each method returns its argument.</summary>
[TunnelService]
public partial interface IFSharp
{
    Task<Order> OrderAsync(Order value);

    Task<Figure> FigureAsync(Figure value);

    Task<FSharpList<Light>> LightsAsync(FSharpList<Light> value);

    Task<Measure> MeasureAsync(Measure value);

    Task<Tree<int>> TreeAsync(Tree<int> value);

    Task<FSharpOption<int>> OptionAsync(FSharpOption<int> value);

    Task<FSharpOption<string>?[]> OptionsAsync(FSharpOption<string>?[] value);

    Task<FSharpValueOption<Position>> ValueOptionAsync(FSharpValueOption<Position> value);

    Task<FSharpResult<Position, string>> ResultAsync(FSharpResult<Position, string> value);

    Task<FSharpMap<string, FSharpSet<int>>> MapAsync(FSharpMap<string, FSharpSet<int>> value);

    Task<Settings> SettingsAsync(Settings value);

    Task<Counter> CounterAsync(Counter value);

    IAsyncEnumerable<Figure?> FiguresAsync(IAsyncEnumerable<Figure?> items);
}
