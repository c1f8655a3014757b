using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Inspection;

namespace TunnelRpc.Gateway.Routing;

// Decision: docs/adr/0109-last-bytes-before-a-close.md
/// <summary>
/// Bytes in both directions between a client and an origin, after an upgrade or an extended CONNECT. Ends when the origin ends its
/// direction, or the client closes its connection: what the client has sent before still reaches the origin. Runs once.
/// </summary>
/// <param name="context">The request.</param>
/// <param name="response">The response of the origin. The caller disposes it.</param>
/// <param name="origin">The stream of the response.</param>
/// <param name="inspected">Counts the bytes; null for none.</param>
/// <param name="time">The clock.</param>
internal sealed class UpgradedConnection(
    HttpContext context, GatewayResponse response, Stream origin, InspectedExchange? inspected, TimeProvider time)
{
    /// <summary>The time in which the last bytes of a client that has closed its connection must reach the origin.</summary>
    private static readonly TimeSpan LastBytesTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time in which an origin that sees the end of the client's bytes may end its direction, too, before it is cancelled.
    /// </summary>
    private static readonly TimeSpan LastReadTimeout = TimeSpan.FromSeconds(1);

    // Completed when the client has closed its connection, or takes no more bytes.
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Upgrades the client's connection, and copies both directions.</summary>
    /// <param name="isConnect">Whether the request is an extended CONNECT.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    /// <exception cref="IOException">The origin has broken off.</exception>
    public async Task RunAsync(bool isConnect, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        Stream client = isConnect
            ? await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync().ConfigureAwait(false)
            : await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenRegistration aborted = context.RequestAborted.UnsafeRegister(
            static left => ((TaskCompletionSource)left!).TrySetResult(), _left);
        Task<bool> upload = CopyToOriginAsync(client, ended.Token);
        Task download = CopyToClientAsync(client, ended.Token);
        try
        {
            if (await Task.WhenAny(download, _left.Task).ConfigureAwait(false) != download
                && await WaitAsync(upload, LastBytesTimeout, ended.Token).ConfigureAwait(false)
                && await upload.ConfigureAwait(false))
            {
                await WaitAsync(download, LastReadTimeout, ended.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await upload.ConfigureAwait(false);
            await download.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!_left.Task.IsCompleted)
        {
            await download.ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a task without its result. Returns whether it has completed in time.</summary>
    private async Task<bool> WaitAsync(Task task, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await Task.WhenAny(task, Task.Delay(timeout, time, cancellationToken)).ConfigureAwait(false);
        return task.IsCompleted;
    }

    /// <summary>
    /// Copies until the client has ended its direction. Returns whether the origin can see that end. Does not fail: the other direction
    /// notices a broken connection.
    /// </summary>
    private async Task<bool> CopyToOriginAsync(Stream client, CancellationToken cancellationToken)
    {
        try
        {
            await CopyAsync(client, WriteAsync, cancellationToken).ConfigureAwait(false);
            return await response.CompleteUpgradedRequestAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (IsDisconnect(error) || error is GatewayOriginException)
        {
            // The end of the exchange, or a client or an origin that has broken off.
            return false;
        }

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            inspected?.AddRequestBytes(bytes.Length);
            await origin.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await origin.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies until the origin has ended its direction. Reads on when the client takes no more bytes.</summary>
    private Task CopyToClientAsync(Stream client, CancellationToken cancellationToken)
    {
        return CopyAsync(origin, WriteAsync, cancellationToken);

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            if (_left.Task.IsCompleted)
            {
                return;
            }

            inspected?.AddResponseBytes(bytes.Length);
            try
            {
                await client.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                await client.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (IsDisconnect(error) && !cancellationToken.IsCancellationRequested)
            {
                _left.TrySetResult();
            }
        }
    }

    private static async Task CopyAsync(Stream source, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            // An idle connection holds no buffer.
            await source.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(HttpFieldRules.PieceSize);
            try
            {
                int count = await source.ReadAsync(buffer.AsMemory(0, HttpFieldRules.PieceSize), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                await write(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static bool IsDisconnect(Exception error) =>
        error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
