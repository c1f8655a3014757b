using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using TunnelRpc.FSharp.Contracts;

namespace TunnelRpc.Generators.Tests.RoundTrip;

internal sealed class FSharpService : IFSharp
{
    public Task<Order> OrderAsync(Order value) => Task.FromResult(value);

    public Task<Figure> FigureAsync(Figure value) => Task.FromResult(value);

    public Task<FSharpList<Light>> LightsAsync(FSharpList<Light> value) => Task.FromResult(value);

    public Task<Measure> MeasureAsync(Measure value) => Task.FromResult(value);

    public Task<Tree<int>> TreeAsync(Tree<int> value) => Task.FromResult(value);

    public Task<FSharpOption<int>> OptionAsync(FSharpOption<int> value) => Task.FromResult(value);

    public Task<FSharpOption<string>?[]> OptionsAsync(FSharpOption<string>?[] value) => Task.FromResult(value);

    public Task<FSharpValueOption<Position>> ValueOptionAsync(FSharpValueOption<Position> value) => Task.FromResult(value);

    public Task<FSharpResult<Position, string>> ResultAsync(FSharpResult<Position, string> value) => Task.FromResult(value);

    public Task<FSharpMap<string, FSharpSet<int>>> MapAsync(FSharpMap<string, FSharpSet<int>> value) => Task.FromResult(value);

    public Task<Settings> SettingsAsync(Settings value) => Task.FromResult(value);

    public Task<Counter> CounterAsync(Counter value) => Task.FromResult(value);

    public IAsyncEnumerable<Figure?> FiguresAsync(IAsyncEnumerable<Figure?> items) => items;
}
