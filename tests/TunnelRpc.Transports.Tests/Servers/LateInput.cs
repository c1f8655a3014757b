using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>
/// Makes the server see the end of a connection before it reads what was received last: everything after the first piece of a connection
/// is passed on when its request is aborted. Thread-safe.
/// </summary>
/// <param name="start">The first bytes of the connections that are treated so; others are not changed.</param>
internal sealed class LateInput(string start)
{
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds the connection middleware.</summary>
    public void UseAt(ListenOptions listen) => listen.Use(next => connection => RunAsync(connection, next));

    /// <summary>Observes the requests whose target starts with the path; all with an empty one.</summary>
    public void Observe(IApplicationBuilder app, string path) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal))
        {
            context.RequestAborted.Register(() => _aborted.TrySetResult());
        }

        return next(context);
    });

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe transport = connection.Transport;
        var late = new Pipe();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task copy = CopyAsync(transport.Input, late.Writer, ended.Task);
        connection.Transport = new LateTransport(late.Reader, transport.Output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
            ended.SetResult();
            await late.Reader.CompleteAsync();
            transport.Input.CancelPendingRead();
            await copy;
        }
    }

    private async Task CopyAsync(PipeReader source, PipeWriter destination, Task ended)
    {
        bool isFirst = true;
        try
        {
            while (true)
            {
                ReadResult result = await source.ReadAsync();
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    destination.Write(segment.Span);
                }

                bool isLate = isFirst && Encoding.Latin1.GetString(result.Buffer).StartsWith(start, StringComparison.Ordinal);
                source.AdvanceTo(result.Buffer.End);
                isFirst = false;
                if ((await destination.FlushAsync()).IsCompleted || result.IsCompleted || result.IsCanceled)
                {
                    return;
                }

                if (isLate)
                {
                    await Task.WhenAny(_aborted.Task, ended);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The end of the connection.
        }
        finally
        {
            await destination.CompleteAsync();
        }
    }

    private sealed record LateTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
