using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>The implementation of one side. Records the progress of each call by its name.</summary>
internal sealed class CancelService(Func<ICancelService> caller) : ICancelService
{
    private readonly ConcurrentDictionary<string, ObservedCall> _calls = new();

    public ObservedCall this[string name] => _calls.GetOrAdd(name, _ => new ObservedCall());

    public Task<int> EchoAsync(int value, CancellationToken cancellationToken) => Task.FromResult(value);

    public Task<int> BlockAsync(string name, CancellationToken cancellationToken) => this[name].BlockAsync(cancellationToken);

    public async Task<int> IgnoreCancellationAsync(string name, CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        call.Enter();
        await call.WaitForReleaseAsync(CancellationToken.None);
        call.Exit(cancellationToken);
        return 0;
    }

    public ValueTask NotifyAsync(string name, CancellationToken cancellationToken)
    {
        this[name].Enter();
        return default;
    }

    public Task<int> MeasureAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes.Length);

    public async IAsyncEnumerable<byte[]> ProduceAsync(
        string name, int count, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        call.Enter();
        try
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                if (i == 1)
                {
                    call.Start();
                }

                yield return new byte[size];
            }

            await call.WaitForReleaseAsync(cancellationToken);
        }
        finally
        {
            call.Exit(cancellationToken);
        }
    }

    public async Task<int> ConsumeAsync(string name, int count, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        call.Enter();
        try
        {
            int consumed = 0;
            await using IAsyncEnumerator<byte[]> enumerator = items.GetAsyncEnumerator(cancellationToken);
            while (consumed < count && await enumerator.MoveNextAsync())
            {
                consumed++;
                call.Start();
            }

            if (consumed == count)
            {
                await call.WaitForReleaseAsync(cancellationToken);
            }

            return consumed;
        }
        finally
        {
            call.Exit(cancellationToken);
        }
    }

    public async IAsyncEnumerable<byte[]> ExchangeAsync(
        string name, IAsyncEnumerable<byte[]> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        call.Enter();
        try
        {
            await foreach (byte[] item in items.WithCancellation(cancellationToken))
            {
                call.Start();
                yield return item;
            }
        }
        finally
        {
            call.Exit(cancellationToken);
        }
    }

    public async Task<long> ReadAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        call.Enter();
        try
        {
            long length = 0;
            byte[] buffer = new byte[1000];
            while (await content.ReadAsync(buffer, cancellationToken) is var count and > 0)
            {
                call.Start();
                length += count;
            }

            return length;
        }
        finally
        {
            call.Exit(cancellationToken);
        }
    }

    public Task<int> ReportAsync(string name, IProgress<int> progress, CancellationToken cancellationToken)
    {
        progress.Report(1);
        return this[name].BlockAsync(cancellationToken);
    }

    public async Task<int> NestAsync(string name, int depth, CancellationToken cancellationToken)
    {
        ObservedCall call = this[name];
        if (depth == 0)
        {
            return await call.BlockAsync(cancellationToken);
        }

        call.Enter();
        try
        {
            return await caller().NestAsync(name, depth - 1, cancellationToken);
        }
        finally
        {
            call.Exit(cancellationToken);
        }
    }

    public Task<ITicket> IssueAsync(string name, CancellationToken cancellationToken) => Task.FromResult<ITicket>(new Ticket(this[name]));
}
