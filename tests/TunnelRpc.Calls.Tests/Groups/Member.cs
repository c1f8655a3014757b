using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>Keeps what it is told; its calls can be held and failed.</summary>
internal sealed class Member(string name) : IMember
{
    private readonly TaskCompletionSource _accepting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<string> Received { get; } = new();

    public SemaphoreSlim Notes { get; } = new(0);

    /// <summary>What AcceptAsync waits for and then fails with; null for neither.</summary>
    public Task? Held { get; set; }

    /// <summary>AcceptAsync runs.</summary>
    public Task Accepting => _accepting.Task;

    public Task<string> NameAsync(CancellationToken cancellationToken) =>
        Held is null ? Task.FromResult(Title + name) : HoldAsync(cancellationToken);

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
        if (Held is not null)
        {
            await Held.WaitAsync(cancellationToken);
        }

        Received.Enqueue(text);
    }

    private async Task<string> HoldAsync(CancellationToken cancellationToken)
    {
        _accepting.TrySetResult();
        await Held!.WaitAsync(cancellationToken);
        return name;
    }
}
