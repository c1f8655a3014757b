using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>A gRPC service through a real gateway over HTTP/2: it needs trailers and both directions at once.</summary>
public sealed class GrpcTests
{
    private static readonly Marshaller<string> Text =
        Marshallers.Create(System.Text.Encoding.UTF8.GetBytes, System.Text.Encoding.UTF8.GetString);

    private static readonly Method<string, string> SayMethod = new(MethodType.Unary, "test.Echo", "Say", Text, Text);

    private static readonly Method<string, string> TalkMethod = new(MethodType.DuplexStreaming, "test.Echo", "Talk", Text, Text);

    [Fact]
    public Task Unary_call_returns_its_result_headers_and_trailers() => CallAsync(async invoker =>
    {
        using AsyncUnaryCall<string> call = invoker.AsyncUnaryCall(SayMethod, null, new CallOptions([new("x-in", "1")]), "hello");

        (await call.ResponseAsync.DefaultTimeout()).ShouldBe("HELLO");
        (await call.ResponseHeadersAsync).GetValue("x-head").ShouldBe("1");
        call.GetTrailers().GetValue("x-tail").ShouldBe("2");
    });

    [Fact]
    public Task Large_messages_pass() => CallAsync(async invoker =>
    {
        string text = new('x', 1_000_000);
        using AsyncUnaryCall<string> call = invoker.AsyncUnaryCall(SayMethod, null, default, text);

        (await call.ResponseAsync.DefaultTimeout()).ShouldBe(text.ToUpperInvariant());
    });

    [Fact]
    public Task Failure_has_its_status_and_detail() => CallAsync(async invoker =>
    {
        using AsyncUnaryCall<string> call = invoker.AsyncUnaryCall(SayMethod, null, default, "fail");

        RpcException error = await Should.ThrowAsync<RpcException>(call.ResponseAsync.DefaultTimeout());

        error.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        error.Status.Detail.ShouldBe("as asked");
    });

    [Fact]
    public Task Duplex_call_answers_each_message_before_the_next() => CallAsync(async invoker =>
    {
        using AsyncDuplexStreamingCall<string, string> call = invoker.AsyncDuplexStreamingCall(TalkMethod, null, default);
        foreach (string text in (string[])["a", "b", "c"])
        {
            await call.RequestStream.WriteAsync(text).DefaultTimeout();
            (await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout()).ShouldBeTrue();
            call.ResponseStream.Current.ShouldBe(text.ToUpperInvariant());
        }

        await call.RequestStream.CompleteAsync().DefaultTimeout();
        (await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout()).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    });

    [Fact]
    public Task Cancellation_by_the_client_reaches_the_service() => CallAsync(async invoker =>
    {
        int before = Echo.Cancelled;
        using AsyncDuplexStreamingCall<string, string> call = invoker.AsyncDuplexStreamingCall(TalkMethod, null, default);
        await call.RequestStream.WriteAsync("a").DefaultTimeout();
        (await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout()).ShouldBeTrue();

        call.Dispose();

        await Eventually.TrueAsync(() => Echo.Cancelled > before);
    });

    private static async Task CallAsync(Func<CallInvoker, Task> test)
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel, app => app.MapGrpcService<Echo>(), configure: builder => builder.Services.AddGrpc());
        using var handler = new PrefixHandler(relay.ShopOverHttp2.AbsolutePath.TrimEnd('/'));
        using GrpcChannel channel = GrpcChannel.ForAddress(
            relay.ShopOverHttp2.GetLeftPart(UriPartial.Authority), new GrpcChannelOptions { HttpHandler = handler });
        await test(channel.CreateCallInvoker());
    }

    /// <summary>Adds the path of the gateway; a gRPC channel has an authority only.</summary>
    private sealed class PrefixHandler(string prefix) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(request.RequestUri!, prefix + request.RequestUri!.AbsolutePath);
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>What a generator would write for the service.</summary>
    public static class EchoBinding
    {
        public static void Bind(ServiceBinderBase binder, EchoBase? service)
        {
            ArgumentNullException.ThrowIfNull(binder);
            binder.AddMethod(SayMethod, service is null ? null! : new UnaryServerMethod<string, string>(service.Say));
            binder.AddMethod(TalkMethod, service is null ? null! : new DuplexStreamingServerMethod<string, string>(service.Talk));
        }
    }

    [BindServiceMethod(typeof(EchoBinding), nameof(EchoBinding.Bind))]
    public abstract class EchoBase
    {
        public abstract Task<string> Say(string request, ServerCallContext context);

        public abstract Task Talk(
            IAsyncStreamReader<string> requestStream, IServerStreamWriter<string> responseStream, ServerCallContext context);
    }

    public sealed class Echo : EchoBase
    {
        private static int _cancelled;

        public static int Cancelled => Volatile.Read(ref _cancelled);

        public override async Task<string> Say(string request, ServerCallContext context)
        {
            if (request == "fail")
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "as asked"));
            }

            await context.WriteResponseHeadersAsync([new("x-head", context.RequestHeaders.GetValue("x-in") ?? "")]);
            context.ResponseTrailers.Add("x-tail", "2");
            return request.ToUpperInvariant();
        }

        public override async Task Talk(
            IAsyncStreamReader<string> requestStream, IServerStreamWriter<string> responseStream, ServerCallContext context)
        {
            try
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                {
                    await responseStream.WriteAsync(requestStream.Current.ToUpperInvariant());
                }
            }
            finally
            {
                if (context.CancellationToken.IsCancellationRequested)
                {
                    Interlocked.Increment(ref _cancelled);
                }
            }
        }
    }
}
