using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>Records the texts that it receives. Its calls can be delayed and failed.</summary>
internal sealed class Member(string name) : IMember
{
    private readonly TaskCompletionSource _accepting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<string> Received { get; } = new();

    /// <summary>Released once for each note.</summary>
    public SemaphoreSlim Notes { get; } = new(0);

    /// <summary>The task that AcceptAsync and NameAsync await first; they fail with its exception. Null for none.</summary>
    public Task? WaitFor { get; set; }

    /// <summary>Completes when AcceptAsync, or a delayed NameAsync, runs.</summary>
    public Task Accepting => _accepting.Task;

    public Task<string> NameAsync(CancellationToken cancellationToken) =>
        WaitFor is null ? Task.FromResult(Title + name) : NameAfterWaitAsync(cancellationToken);

    private static string Title => TunnelCallContext.Current!.Headers.GetValueOrDefault("title") is { } title ? title + " " : "";

    public ValueTask NoteAsync(string text)
    {
        Received.Enqueue(text);
        Notes.Release();
        return default;
    }

    public async Task AcceptAsync(string text, CancellationToken cancellationToken)
    {
        _accepting.TrySetResult();
        if (WaitFor is not null)
        {
            await WaitFor.WaitAsync(cancellationToken);
        }

        Received.Enqueue(text);
    }

    private async Task<string> NameAfterWaitAsync(CancellationToken cancellationToken)
    {
        _accepting.TrySetResult();
        await WaitFor!.WaitAsync(cancellationToken);
        return name;
    }
}
