using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Shouldly;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>Uses a received reference. No method leaves a trace of the reference in the frame of its caller.</summary>
internal static class ReferenceUse
{
    /// <summary>Uses a stream of items; returns the sum of the items that it has read.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<long> ApplyAsync(IAsyncEnumerable<int> numbers, ReceiverUse use)
    {
        long sum = 0;
        switch (use)
        {
            case ReceiverUse.Whole:
                await foreach (int number in numbers)
                {
                    sum += number;
                }

                break;
            case ReceiverUse.LeftEarly:
                await foreach (int number in numbers)
                {
                    return number;
                }

                break;
            case ReceiverUse.Disposed:
                await numbers.ShouldBeAssignableTo<IAsyncDisposable>()!.DisposeAsync();
                break;
            case ReceiverUse.Abandoned:
                IAsyncEnumerator<int> abandoned = numbers.GetAsyncEnumerator();
                await abandoned.MoveNextAsync();
                break;
        }

        return sum;
    }

    /// <summary>Uses all references of a record; returns the number of bytes and reports.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> ApplyAsync(ByteBatch batch, ReceiverUse use) =>
        await ReadAsync(batch.Input, use) + await ReadAsync(batch.Reader, use) + await WriteAsync(batch.Output, use)
            + await WriteAsync(batch.Writer, use) + await ReportAsync(batch.Progress, use) + await CallAsync(batch.Listener, use);

    public static async Task<int> ReadAsync(Stream? stream, ReceiverUse use)
    {
        int read = 0;
        switch (stream is null ? ReceiverUse.Untouched : use)
        {
            case ReceiverUse.Whole:
                // To the end, without a dispose.
                byte[] buffer = new byte[1024];
                while (await stream!.ReadAsync(buffer) is > 0 and int count)
                {
                    read += count;
                }

                break;
            case ReceiverUse.LeftEarly:
                await using (stream)
                {
                    return await stream!.ReadAsync(new byte[1]);
                }

            case ReceiverUse.Abandoned:
                return await stream!.ReadAsync(new byte[1]);
            case ReceiverUse.Disposed:
                await stream!.DisposeAsync();
                break;
        }

        return read;
    }

    public static async Task<int> ReadAsync(PipeReader? pipe, ReceiverUse use)
    {
        switch (pipe is null ? ReceiverUse.Untouched : use)
        {
            case ReceiverUse.Whole:
                ReadResult all;
                while (!(all = await pipe!.ReadAsync()).IsCompleted)
                {
                    pipe.AdvanceTo(all.Buffer.Start, all.Buffer.End);
                }

                return (int)all.Buffer.Length;
            case ReceiverUse.LeftEarly:
                await pipe!.ReadAsync();
                await pipe.CompleteAsync();
                return 1;
            case ReceiverUse.Abandoned:
                await pipe!.ReadAsync();
                return 1;
            case ReceiverUse.Disposed:
                await pipe!.CompleteAsync();
                break;
        }

        return 0;
    }

    public static async Task<int> WriteAsync(Stream? stream, ReceiverUse use)
    {
        switch (stream is null ? ReceiverUse.Untouched : use)
        {
            case ReceiverUse.Whole or ReceiverUse.LeftEarly:
                await using (stream)
                {
                    await stream!.WriteAsync(new byte[10]);
                }

                return 10;
            case ReceiverUse.Abandoned:
                await stream!.WriteAsync(new byte[10]);
                return 10;
            case ReceiverUse.Disposed:
                await stream!.DisposeAsync();
                break;
        }

        return 0;
    }

    public static async Task<int> WriteAsync(PipeWriter? pipe, ReceiverUse use)
    {
        switch (pipe is null ? ReceiverUse.Untouched : use)
        {
            case ReceiverUse.Whole or ReceiverUse.LeftEarly:
                await pipe!.WriteAsync(new byte[10]);
                await pipe.CompleteAsync();
                return 10;
            case ReceiverUse.Abandoned:
                await pipe!.WriteAsync(new byte[10]);
                return 10;
            case ReceiverUse.Disposed:
                await pipe!.CompleteAsync();
                break;
        }

        return 0;
    }

    public static async Task<int> ReportAsync(IProgress<int>? progress, ReceiverUse use)
    {
        if (progress is null || use == ReceiverUse.Untouched)
        {
            return 0;
        }

        if (use != ReceiverUse.Disposed)
        {
            progress.Report(1);
        }

        if (use != ReceiverUse.Abandoned)
        {
            await progress.ShouldBeAssignableTo<IAsyncDisposable>()!.DisposeAsync();
        }

        return 1;
    }

    public static async Task<int> CallAsync(IListener? listener, ReceiverUse use)
    {
        if (listener is null || use == ReceiverUse.Untouched)
        {
            return 0;
        }

        if (use != ReceiverUse.Disposed)
        {
            (await listener.EchoAsync("x")).ShouldEndWith("x");
        }

        if (use is ReceiverUse.Disposed or ReceiverUse.LeftEarly)
        {
            listener.Release();
        }

        return 1;
    }
}
