using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TunnelRpc.Gateway.Polling;

/// <summary>A poll that is an HTTP request. Stateless.</summary>
internal static class RequestPoll
{
    /// <summary>
    /// Waits for a request. A server that stops does not wait for polls: they end as after the timeout. Returns null when the poller has
    /// left; then no request was delivered to it.
    /// </summary>
    public static async ValueTask<PollResult?> WaitAsync(HttpContext context, RequestQueue requests, TimeSpan timeout)
    {
        CancellationToken stopping =
            context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            return await requests.PollAsync(timeout, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return context.RequestAborted.IsCancellationRequested ? null : new PollResult(PollStatus.TimedOut);
        }
    }

    /// <summary>Writes a response that carries a request. Returns false when the poller's connection broke before its end.</summary>
    public static async ValueTask<bool> TryWriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        try
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
            await context.Response.CompleteAsync().ConfigureAwait(false);
            return !context.RequestAborted.IsCancellationRequested;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
