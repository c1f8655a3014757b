using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Shouldly;

namespace TunnelRpc.Calls.Tests;

/// <summary>Uses its reference arguments and returns references to its own objects, which the test can observe.</summary>
internal sealed class ReferenceService : IReferenceService
{
    private volatile IListener? _lastListener;

    public ConcurrentDictionary<string, Subscription> Subscriptions { get; } = new();

    public ConcurrentDictionary<string, PatternStream> Opened { get; } = new();

    public async Task<string> HashAsync(Stream content, CancellationToken cancellationToken) =>
        Convert.ToHexString(await SHA256.HashDataAsync(content, cancellationToken));

    public async Task<int> ReadSomeAsync(Stream content, int count)
    {
        await content.ReadExactlyAsync(new byte[count]);
        return count;
    }

    public Task<Stream> OpenAsync(long length, string name)
    {
        var stream = new PatternStream(length);
        Opened[name] = stream;
        return Task.FromResult<Stream>(stream);
    }

    public Task<(long Length, Stream Content)> OpenWithLengthAsync(long length) =>
        Task.FromResult((length, (Stream)new PatternStream(length)));

    public Task WriteAsync(long length, Stream target) => new PatternStream(length).CopyToAsync(target);

    public async Task<string> HashPipeAsync(PipeReader content) => Convert.ToHexString(await SHA256.HashDataAsync(content.AsStream()));

    public async Task WritePipeAsync(long length, PipeWriter target) => await new PatternStream(length).CopyToAsync(target);

    public async Task<int> CountAsync(int to, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        for (int i = 1; i <= to; i++)
        {
            progress?.Report(i);
            if (i % 100 == 0)
            {
                await Task.Yield();
            }
        }

        return to;
    }

    public async Task<List<int>> ZipAsync(IAsyncEnumerable<int> left, IAsyncEnumerable<int> right)
    {
        List<int> sums = [];
        await using IAsyncEnumerator<int> other = right.GetAsyncEnumerator();
        await foreach (int item in left)
        {
            (await other.MoveNextAsync()).ShouldBeTrue();
            sums.Add(item + other.Current);
        }

        return sums;
    }

    public async IAsyncEnumerable<string> HashAllAsync(IAsyncEnumerable<Stream> contents)
    {
        await foreach (Stream content in contents)
        {
            yield return await HashAsync(content, default);
        }
    }

    public Task<IAsyncEnumerable<int>> NumbersAsync(int count) => Task.FromResult(Numbers(count));

    public Task<string> CallListenerAsync(IListener listener, string text)
    {
        _lastListener = listener;
        return listener.EchoAsync(text);
    }

    public async Task<string> CallLastListenerAsync(string text)
    {
        try
        {
            return await _lastListener!.EchoAsync(text);
        }
        catch (TunnelException error)
        {
            throw new TunnelException(error.Status, error.Message, error);
        }
    }

    public Task<ISubscription> SubscribeAsync(IListener listener, string name)
    {
        var subscription = new Subscription(listener.Retain());
        Subscriptions[name] = subscription;
        return Task.FromResult<ISubscription>(subscription);
    }

    public Task<bool> IsMineAsync(ISubscription subscription) =>
        Task.FromResult(Subscriptions.Values.Any(s => ReferenceEquals(s, subscription)));

    public async Task<int> CallListenersAsync(Listeners listeners)
    {
        listeners.None.ShouldBeNull();
        string[] results = await Task.WhenAll(listeners.All.Select(l => l.EchoAsync(listeners.Text)));
        return results.Distinct().Count();
    }

    public static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 100 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }
}
