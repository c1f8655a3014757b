using System.Runtime.Versioning;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>gRPC through a gateway behind real proxies: trailers, and both directions at once.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayGrpc
{
    [Theory, MemberData(nameof(GatewayCases.Http2), MemberType = typeof(GatewayCases))]
    public async Task Unary_call_returns_its_result_its_fields_and_its_failure(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using GrpcChannel channel = CreateChannel(setup, application);
        CallInvoker invoker = channel.CreateCallInvoker();
        string large = new('x', 1_000_000);

        using AsyncUnaryCall<string> call = invoker.AsyncUnaryCall(
            EchoServiceBase.SayMethod, null, new CallOptions([new("x-in", "1")]), large);
        using AsyncUnaryCall<string> failing = invoker.AsyncUnaryCall(EchoServiceBase.SayMethod, null, default, "fail");

        (await call.ResponseAsync.DefaultTimeout()).ShouldBe(large.ToUpperInvariant());
        (await call.ResponseHeadersAsync).GetValue("x-head").ShouldBe("1");
        call.GetTrailers().GetValue("x-tail").ShouldBe("2");
        RpcException error = await Should.ThrowAsync<RpcException>(failing.ResponseAsync.DefaultTimeout());
        error.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        error.Status.Detail.ShouldBe("as requested");
    }

    [Theory, MemberData(nameof(GatewayCases.Http2), MemberType = typeof(GatewayCases))]
    public async Task Duplex_call_answers_each_message_before_the_next_and_ends_with_trailers(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using GrpcChannel channel = CreateChannel(setup, application);

        using AsyncDuplexStreamingCall<string, string> call = await StartTalkAsync(channel);
        foreach (string text in (string[])["b", "c", "d"])
        {
            await AssertAnswerAsync(call, text);
        }

        await call.RequestStream.CompleteAsync().DefaultTimeout();
        (await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout()).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        call.GetTrailers().GetValue("x-tail").ShouldBe("done");
    }

    [Theory, MemberData(nameof(GatewayCases.Http2), MemberType = typeof(GatewayCases))]
    public async Task Duplex_call_that_the_client_cancels_is_cancelled_at_the_service(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        using GrpcChannel channel = CreateChannel(setup, application);
        AsyncDuplexStreamingCall<string, string> call = await StartTalkAsync(channel);

        call.Dispose();

        (await setup.State.Aborted.WaitAsync(TestTimeout.Default)).ShouldBeTrue();
    }

    /// <summary>Starts a call and exchanges its first messages.</summary>
    private static async Task<AsyncDuplexStreamingCall<string, string>> StartTalkAsync(GrpcChannel channel)
    {
        AsyncDuplexStreamingCall<string, string> call =
            channel.CreateCallInvoker().AsyncDuplexStreamingCall(EchoServiceBase.TalkMethod, null, default);
        await AssertAnswerAsync(call, "a");
        return call;
    }

    private static async Task AssertAnswerAsync(AsyncDuplexStreamingCall<string, string> call, string text)
    {
        await call.RequestStream.WriteAsync(text).DefaultTimeout();
        (await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout()).ShouldBeTrue();
        call.ResponseStream.Current.ShouldBe(text.ToUpperInvariant());
    }

    private static GrpcChannel CreateChannel(GatewaySetup setup, string application) => GrpcChannel.ForAddress(
        setup.Address(application, "/"), new GrpcChannelOptions { DisposeHttpClient = true, HttpHandler = setup.CreateHandler() });
}
