using System.Text;
using Grpc.Core;

namespace TunnelRpc.Lab.Gateway;

/// <summary>What a generator would write for the service.</summary>
[BindServiceMethod(typeof(EchoServiceBase), nameof(Bind))]
internal abstract class EchoServiceBase
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static Method<string, string> SayMethod { get; } = new(MethodType.Unary, "lab.Echo", "Say", Text, Text);

    public static Method<string, string> TalkMethod { get; } = new(MethodType.DuplexStreaming, "lab.Echo", "Talk", Text, Text);

    public static void Bind(ServiceBinderBase binder, EchoServiceBase? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(SayMethod, service is null ? null! : new UnaryServerMethod<string, string>(service.Say));
        binder.AddMethod(TalkMethod, service is null ? null! : new DuplexStreamingServerMethod<string, string>(service.Talk));
    }

    public abstract Task<string> Say(string request, ServerCallContext context);

    public abstract Task Talk(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context);
}

/// <summary>A gRPC service with text messages. Stateless.</summary>
internal sealed class EchoService : EchoServiceBase
{
    public override async Task<string> Say(string request, ServerCallContext context)
    {
        if (request == "fail")
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "as requested"));
        }

        await context.WriteResponseHeadersAsync([new("x-head", context.RequestHeaders.GetValue("x-in") ?? "")]);
        context.ResponseTrailers.Add("x-tail", "2");
        return request.ToUpperInvariant();
    }

    public override async Task Talk(
        IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        var state = (ShopState)context.GetHttpContext().RequestServices.GetService(typeof(ShopState))!;
        try
        {
            while (await requests.MoveNext(context.CancellationToken))
            {
                await responses.WriteAsync(requests.Current.ToUpperInvariant());
            }
        }
        catch (Exception)
        {
            // A read that fails, or the token, whichever is first.
            state.Aborted.Release();
            throw;
        }

        context.ResponseTrailers.Add("x-tail", "done");
    }
}
