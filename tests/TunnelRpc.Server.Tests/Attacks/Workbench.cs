using System.Collections.Concurrent;

namespace TunnelRpc.Server.Tests.Attacks;

internal sealed class Workbench : IWorkbench
{
    private readonly ConcurrentDictionary<int, ManualResetEventSlim> _gates = new();
    private readonly ConcurrentQueue<int> _started = new();

    /// <summary>The numbers of the calls of <see cref="BlockAsync"/> that have started, in this order.</summary>
    public IReadOnlyList<int> Started => [.. _started];

    public ManualResetEventSlim GateOf(int number) => _gates.GetOrAdd(number, _ => new ManualResetEventSlim());

    public Task<int> BlockAsync(int number)
    {
        _started.Enqueue(number);
        GateOf(number).Wait(TimeSpan.FromSeconds(100));
        return Task.FromResult(number);
    }

    public Task FailAsync(string text) => throw new InvalidOperationException($"Failed for \"{text}\".", new IOException(text));

    public Task PutAsync(Fussy argument) => Task.CompletedTask;

    public Task DropAsync(Fussy argument) => Task.CompletedTask;

    public async Task<int> CountAsync(IAsyncEnumerable<Fussy> items)
    {
        int count = 0;
        await foreach (Fussy _ in items)
        {
            count++;
        }

        return count;
    }

    public Task AskAsync() => TunnelCallContext.Current!.GetCallback<IWorkbenchListener>().AnswerAsync();
}
