using System.Globalization;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Records the arguments of its calls.</summary>
internal sealed class Calls : ICalls
{
    public List<string> Received { get; } = [];

    public Task Void(string text) => Record(text);

    public ValueTask VoidValue(string text) => new(Record(text));

    public Task<string?> Nullable(string? text) => Task.FromResult(text);

    public ValueTask<int> Add(int count, int i) => new(count + i);

    public ValueTask<int> Add(int count, int i, int items) => new(count + i + items);

    public ValueTask<int> Add2(int value) => new(value + 2);

    public Task Send(string text) => Record(text);

    public ValueTask SendValue(string text, CancellationToken cancellationToken = default) =>
        new(Record(text + (cancellationToken.CanBeCanceled ? " with token" : "")));

    public IAsyncEnumerable<int> Down(int count, CancellationToken cancellationToken) =>
        AsyncEnumerable.Range(cancellationToken.CanBeCanceled ? 1 : 0, count);

    public async Task<int> Up(int i, IAsyncEnumerable<int> items) => i + await items.SumAsync();

    public async Task UpVoid(IAsyncEnumerable<string> items) => Received.AddRange(await items.ToListAsync());

    public async ValueTask UpVoidValue(IAsyncEnumerable<string> items) => Received.AddRange(await items.ToListAsync());

    public async ValueTask<string> UpValue(IAsyncEnumerable<string> items) => string.Concat(await items.ToListAsync());

    public async IAsyncEnumerable<string> Both(
        string prefix, IAsyncEnumerable<int> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (int item in items.WithCancellation(cancellationToken))
        {
            yield return prefix + item.ToString(CultureInfo.InvariantCulture);
        }
    }

    public Task<string> @event(
        int @class, int writer, int reader, int value, int invoker, int service, CancellationToken arguments, int count, int items,
        int _invoker) =>
        Task.FromResult(string.Join(",", @class, writer, reader, value, invoker, service, arguments.CanBeCanceled, count, items, _invoker));

    public Task<string> Defaults(
        string given, string text, char letter, int negative, long least, ulong most, double nan, float small, decimal price,
        Shapes.Colour colour, Shapes.Colour? none, bool yes, short little, int? some, Guid id, string? absent) =>
        Task.FromResult(string.Create(
            CultureInfo.InvariantCulture,
            $"{given}|{text}|{letter}|{negative}|{least}|{most}|{nan}|{small}|{price}|{colour}|"
            + $"{none}|{yes}|{little}|{some}|{id:N}|{absent ?? "null"}"));

    private Task Record(string text)
    {
        Received.Add(text);
        return Task.CompletedTask;
    }
}
