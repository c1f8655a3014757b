using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Every shape of call, with names that collide with those of generated code.</summary>
[TunnelService(Name = "calls")]
[SuppressMessage("Design", "CA1068", Justification = "A token may be anywhere.")]
internal partial interface ICalls
{
    Task Void(string text);

    ValueTask VoidValue(string text);

    Task<string?> Nullable(string? text);

    ValueTask<int> Add(int count, int i);

    [TunnelMethod(Name = "AddThree")]
    ValueTask<int> Add(int count, int i, int items);

    ValueTask<int> Add2(int value);

    [OneWay]
    Task Send(string text);

    [OneWay]
    ValueTask SendValue(string text, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> Down(int count, CancellationToken cancellationToken);

    Task<int> Up(int i, IAsyncEnumerable<int> items);

    Task UpVoid(IAsyncEnumerable<string> items);

    ValueTask UpVoidValue(IAsyncEnumerable<string> items);

    ValueTask<string> UpValue(IAsyncEnumerable<string> items);

    IAsyncEnumerable<string> Both(string prefix, IAsyncEnumerable<int> items, CancellationToken cancellationToken);

    Task<string> @event(
        int @class, int writer, int reader, int value, int invoker, int service, CancellationToken arguments, int count, int items,
        int _invoker);

    Task<string> Defaults(
        string given,
        string text = "a \"b\"\n",
        char letter = '\'',
        int negative = -5,
        long least = long.MinValue,
        ulong most = ulong.MaxValue,
        double nan = double.NaN,
        float small = 0.5F,
        decimal price = -1.50M,
        Shapes.Colour colour = Shapes.Colour.Blue,
        Shapes.Colour? none = null,
        bool yes = true,
        short little = 3,
        int? some = 4,
        Guid id = default,
        string? absent = null);
}
