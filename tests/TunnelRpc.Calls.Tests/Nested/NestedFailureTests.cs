using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Nested;

/// <summary>A service calls its client's callback, the callback fails, and the service does not handle it.</summary>
public sealed class NestedFailureTests : IDisposable
{
    private readonly RecordingLoggerFactory _log = new();

    [Theory]
    [InlineData(TunnelStatus.NotFound)]
    [InlineData(TunnelStatus.PermissionDenied)]
    [InlineData(TunnelStatus.Unauthenticated)]
    [InlineData(TunnelStatus.Unavailable)]
    [InlineData(TunnelStatus.Unimplemented)]
    [InlineData(TunnelStatus.ResourceExhausted)]
    [InlineData(TunnelStatus.Cancelled)]
    public async Task Status_of_a_callback_is_not_that_of_the_call(TunnelStatus status)
    {
        await using ConnectedPair pair = await StartAsync();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().ForwardAsync(status).DefaultTimeout());

        failure.Status.ShouldBe(TunnelStatus.Internal);
        failure.Outcome.ShouldBe(TunnelCallOutcome.Completed);
        failure.Message.ShouldContain("TunnelRpc.Calls.Tests.Nested.IFront/ForwardAsync failed with an unhandled exception");
        failure.Message.ShouldNotContain(NestedServices.Secret);
        _log.Lines.ShouldContain(l => l.Contains("IFront/ForwardAsync", StringComparison.Ordinal)
            && l.Contains(NestedServices.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Text_of_the_failure_is_sent_with_the_details()
    {
        await using ConnectedPair pair = await StartAsync(details: true);

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().ForwardAsync(TunnelStatus.NotFound).DefaultTimeout());

        failure.Status.ShouldBe(TunnelStatus.Internal);
        failure.Message.ShouldEndWith($"failed: a call that it made failed with NotFound: {NestedServices.Secret}");
    }

    [Fact]
    public async Task Stream_fails_like_a_call()
    {
        await using ConnectedPair pair = await StartAsync();
        await using IAsyncEnumerator<string> items = pair.Client.Get<IFront>().StreamAsync(TunnelStatus.NotFound).GetAsyncEnumerator();
        (await items.MoveNextAsync().AsTask().DefaultTimeout()).ShouldBeTrue();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(() => items.MoveNextAsync().AsTask().DefaultTimeout());

        failure.Status.ShouldBe(TunnelStatus.Internal);
    }

    [Fact]
    public async Task Service_passes_a_status_with_an_exception_of_its_own()
    {
        await using ConnectedPair pair = await StartAsync();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().TranslateAsync(TunnelStatus.NotFound).DefaultTimeout());

        (failure.Status, failure.Message).ShouldBe((TunnelStatus.NotFound, "translated"));
    }

    [Fact]
    public async Task Aborted_concerns_the_whole_chain()
    {
        await using ConnectedPair pair = await StartAsync();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().ForwardAsync(TunnelStatus.Aborted).DefaultTimeout());

        (failure.Status, failure.Message).ShouldBe((TunnelStatus.Aborted, NestedServices.Secret));
    }

    [Fact]
    public async Task Fault_passes_if_the_method_declares_it()
    {
        await using ConnectedPair pair = await StartAsync();

        TunnelFaultException<OutOfStock> declared = await Should.ThrowAsync<TunnelFaultException<OutOfStock>>(
            () => pair.Client.Get<IFront>().OrderAsync().DefaultTimeout());
        TunnelException undeclared = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().OrderUndeclaredAsync().DefaultTimeout());

        declared.Fault.Item.ShouldBe("bolt");
        (undeclared.Status, undeclared.Detail).ShouldBe((TunnelStatus.Internal, null));
    }

    [Fact]
    public async Task Callback_that_the_client_does_not_serve_is_named_where_it_is_called()
    {
        await using ConnectedPair pair = await StartAsync(servesCallback: false, details: true);

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IFront>().ForwardAsync(TunnelStatus.NotFound).DefaultTimeout());

        failure.Status.ShouldBe(TunnelStatus.Internal);
        failure.Message.ShouldContain("IFront/ForwardAsync failed: a call that it made failed with Unimplemented: The peer does not serve "
            + "TunnelRpc.Calls.Tests.Nested.IBack/FailAsync. The client serves no method with the id ");
        failure.Message.ShouldContain("AddCallback");
    }

    [Fact]
    public async Task Service_that_the_server_does_not_serve_is_named()
    {
        await using ConnectedPair pair = await StartAsync();

        TunnelException failure = await Should.ThrowAsync<TunnelException>(
            () => pair.Client.Get<IListener>().EchoAsync("text").DefaultTimeout());

        (failure.Status, failure.Outcome).ShouldBe((TunnelStatus.Unimplemented, TunnelCallOutcome.NotSent));
        failure.Message.ShouldStartWith("The peer does not serve TunnelRpc.Calls.Tests.IListener/EchoAsync. The server serves no method");
        failure.Message.ShouldContain("AddService");
    }

    [Fact]
    public async Task Cancelled_call_is_cancelled_although_its_callback_fails()
    {
        await using ConnectedPair pair = await StartAsync();
        using var cancellation = new CancellationTokenSource();

        Task<string> call = pair.Client.Get<IFront>().ForwardAsync(TunnelStatus.Ok, cancellation.Token);
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call.DefaultTimeout());
    }

    public void Dispose() => _log.Dispose();

    private async Task<ConnectedPair> StartAsync(bool servesCallback = true, bool details = false)
    {
        ConnectedPair pair = null!;
        var services = new NestedServices(() => pair.Stub<IBack>(serverCallsClient: true));
        pair = await ConnectedPair.StartAsync(
            null,
            server =>
            {
                server.AddService<IFront>(services);
                server.Services.AddSingleton<ILoggerFactory>(_log);
            },
            options => options.IncludeExceptionDetails = details,
            options =>
            {
                if (servesCallback)
                {
                    options.Serve<IBack>(services);
                }
            });
        return pair;
    }
}
