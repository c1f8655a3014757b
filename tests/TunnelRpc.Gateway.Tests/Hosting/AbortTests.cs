using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>Requests that end before their time, by the client or by the application.</summary>
public sealed class AbortTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelled_call_aborts_the_request(bool isStarted)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            if (isStarted)
            {
                await context.Response.WriteAsync("x");
            }

            started.SetResult();
            await Should.ThrowAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
            aborted.SetResult();
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        using var source = new CancellationTokenSource();
        await using IAsyncEnumerator<HttpOriginPart> response =
            origin.SendAsync(Request(), Parts(), source.Token).GetAsyncEnumerator(source.Token);
        Task<bool> move = response.MoveNextAsync().AsTask();
        await started.Task.DefaultTimeout();
        if (isStarted)
        {
            await move.DefaultTimeout();
        }

        await source.CancelAsync();

        await aborted.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Client_that_reads_no_more_aborts_the_request()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[100_000]);
            }

            // Writes after an abort are dropped, and do not wait.
            for (int i = 0; i < 100; i++)
            {
                await context.Response.Body.WriteAsync(new byte[100_000]);
            }
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        await foreach (HttpOriginPart part in origin.SendAsync(Request(), Parts(), CancellationToken.None))
        {
            if (part.Data is not null)
            {
                break;
            }
        }

        await aborted.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Abort_of_the_client_fails_a_pending_read_of_the_body()
    {
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failure = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            ValueTask<int> read = context.Request.Body.ReadAsync(new byte[10]);
            reading.SetResult();
            failure.SetResult(await Record.ExceptionAsync(async () => await read));
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        using var source = new CancellationTokenSource();
        await using IAsyncEnumerator<HttpOriginPart> response =
            origin.SendAsync(Request("POST") with { HasBody = true }, NeverAsync(source.Token), source.Token).GetAsyncEnumerator();
        Task<bool> move = response.MoveNextAsync().AsTask();
        await reading.Task.DefaultTimeout();

        await source.CancelAsync();

        (await failure.Task.DefaultTimeout()).ShouldBeOfType<IOException>();
        await Should.ThrowAsync<OperationCanceledException>(move);
    }

    [Fact]
    public async Task Abort_by_the_application_fails_the_call()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.Abort();
            context.RequestAborted.IsCancellationRequested.ShouldBeTrue();
            await context.Response.WriteAsync("dropped");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => origin.GetAsync());

        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldContain("aborted the request");
    }

    [Fact]
    public async Task Abort_by_the_application_in_the_middle_of_a_body_breaks_off_the_response()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            await context.Response.WriteAsync("x");
            context.Abort();
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await Should.ThrowAsync<TunnelException>(() => origin.GetAsync())).Message.ShouldContain("aborted the request");
    }

    [Fact]
    public async Task Reset_states_the_error_code()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(8);
            return Task.CompletedTask;
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await Should.ThrowAsync<TunnelException>(() => origin.SendAsync(Request() with { Version = "2" }))).Message
            .ShouldContain("error code 8");
    }

    [Fact]
    public async Task Session_that_ends_aborts_its_requests()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            async context =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                started.SetResult();
                await aborted.Task;
            },
            options => options.Client.ResumeWindow = TimeSpan.Zero);
        IHttpOrigin origin = await relay.GetOriginAsync();
        using var source = new CancellationTokenSource();
        Task<ReceivedResponse> response = origin.GetAsync();
        await started.Task.DefaultTimeout();

        await relay.DisposeAsync();

        await aborted.Task.DefaultTimeout();
        await Should.ThrowAsync<TunnelException>(response);
    }

    [Fact]
    public async Task Failing_callback_of_an_abort_is_logged()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.RequestAborted.Register(() => throw new InvalidOperationException("a failing callback"));
            started.SetResult();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        using var source = new CancellationTokenSource();
        await using IAsyncEnumerator<HttpOriginPart> response =
            origin.SendAsync(Request(), Parts(), source.Token).GetAsyncEnumerator();
        Task<bool> move = response.MoveNextAsync().AsTask();
        await started.Task.DefaultTimeout();

        await source.CancelAsync();

        await Eventually.TrueAsync(() => app.Log.Lines.Any(line => line.Contains("a failing callback")));
        await Should.ThrowAsync<OperationCanceledException>(move);
    }

    private static async IAsyncEnumerable<HttpOriginPart> NeverAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        yield break;
    }
}
