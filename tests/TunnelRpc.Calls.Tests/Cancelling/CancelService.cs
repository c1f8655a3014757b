using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>One side's implementation; says of each call what happened to it.</summary>
internal sealed class CancelService(Func<ICancelService> caller) : ICancelService
{
    private readonly ConcurrentDictionary<string, ObservedCall> _calls = new();

    public ObservedCall this[string name] => _calls.GetOrAdd(name, _ => new ObservedCall());

    public Task<int> EchoAsync(int value, CancellationToken cancellationToken) => Task.FromResult(value);

    public Task<int> HoldAsync(string name, CancellationToken cancellationToken) => this[name].HoldAsync(cancellationToken);

    public async Task<int> IgnoreAsync(string name, CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        visit.Enter();
        await visit.HoldHereAsync(CancellationToken.None);
        visit.Leave(cancellationToken);
        return 0;
    }

    public ValueTask NoteAsync(string name, CancellationToken cancellationToken)
    {
        this[name].Enter();
        return default;
    }

    public Task<int> MeasureAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes.Length);

    public async IAsyncEnumerable<byte[]> GiveAsync(string name, int count, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        visit.Enter();
        try
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                if (i == 1)
                {
                    visit.Start();
                }

                yield return new byte[size];
            }

            await visit.HoldHereAsync(cancellationToken);
        }
        finally
        {
            visit.Leave(cancellationToken);
        }
    }

    public async Task<int> TakeAsync(string name, int count, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        visit.Enter();
        try
        {
            int taken = 0;
            await using IAsyncEnumerator<byte[]> enumerator = items.GetAsyncEnumerator(cancellationToken);
            while (taken < count && await enumerator.MoveNextAsync())
            {
                taken++;
                visit.Start();
            }

            if (taken == count)
            {
                await visit.HoldHereAsync(cancellationToken);
            }

            return taken;
        }
        finally
        {
            visit.Leave(cancellationToken);
        }
    }

    public async IAsyncEnumerable<byte[]> ExchangeAsync(string name, IAsyncEnumerable<byte[]> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        visit.Enter();
        try
        {
            await foreach (byte[] item in items.WithCancellation(cancellationToken))
            {
                visit.Start();
                yield return item;
            }
        }
        finally
        {
            visit.Leave(cancellationToken);
        }
    }

    public async Task<long> ReadAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        visit.Enter();
        try
        {
            long length = 0;
            byte[] buffer = new byte[1000];
            while (await content.ReadAsync(buffer, cancellationToken) is var count and > 0)
            {
                visit.Start();
                length += count;
            }

            return length;
        }
        finally
        {
            visit.Leave(cancellationToken);
        }
    }

    public Task<int> ReportAsync(string name, IProgress<int> progress, CancellationToken cancellationToken)
    {
        progress.Report(1);
        return this[name].HoldAsync(cancellationToken);
    }

    public async Task<int> NestAsync(string name, int depth, CancellationToken cancellationToken)
    {
        ObservedCall visit = this[name];
        if (depth == 0)
        {
            return await visit.HoldAsync(cancellationToken);
        }

        visit.Enter();
        try
        {
            return await caller().NestAsync(name, depth - 1, cancellationToken);
        }
        finally
        {
            visit.Leave(cancellationToken);
        }
    }

    public Task<ITicket> IssueAsync(string name, CancellationToken cancellationToken) => Task.FromResult<ITicket>(new Ticket(this[name]));
}
