using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Scheduling;

internal sealed class Screen : IScreen, IOrderedScreen, IDialog
{
    /// <summary>Runs in <see cref="IScreen.ShowAsync"/>.</summary>
    public Func<string, CancellationToken, Task> OnShow { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<int> Notes { get; } = new();

    public async Task<string[]> ShowAsync(string text, CancellationToken cancellationToken)
    {
        string first = SingleThread.Where;
        await OnShow(text, cancellationToken);
        string second = SingleThread.Where;
        await Task.Delay(1, cancellationToken);
        return [first, second, SingleThread.Where];
    }

    public ValueTask NoteAsync(int number)
    {
        Notes.Enqueue(SingleThread.Where == SingleThread.Name ? number : -1);
        return default;
    }

    public async IAsyncEnumerable<string> WatchAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            yield return SingleThread.Where;
            if (i % 2 == 0)
            {
                await Task.Delay(1, cancellationToken);
            }
        }
    }

    public async IAsyncEnumerable<string> EchoAsync(
        IAsyncEnumerable<int> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (int _ in items.WithCancellation(cancellationToken))
        {
            yield return SingleThread.Where;
        }
    }

    public async Task<string[]> DrawAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken)
    {
        var where = new List<string>();
        await foreach (int _ in items.WithCancellation(cancellationToken))
        {
            where.Add(SingleThread.Where);
        }

        return [.. where];
    }

    public Task<IDialog> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<IDialog>(this);

    Task<string[]> IDialog.ShowAsync(CancellationToken cancellationToken) => ShowAsync("dialog", cancellationToken);

    Task<string[]> IOrderedScreen.ShowAsync(int number, CancellationToken cancellationToken)
    {
        Notes.Enqueue(number);
        return ShowAsync("ordered", cancellationToken);
    }
}
