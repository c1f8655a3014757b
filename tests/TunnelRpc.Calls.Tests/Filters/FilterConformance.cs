using System.Collections.Concurrent;
using Shouldly;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Filters on the side that makes a call and on the side that serves it, in both directions of the tunnel.</summary>
public abstract class FilterConformance(ITransport? transport)
{
    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private readonly FilterService _service = new();

    /// <summary>The direction of the call, and whether the filters are on the calling or the called side.</summary>
    public static TheoryData<bool, TunnelCallDirection> Cases => new()
    {
        { false, TunnelCallDirection.Outgoing },
        { false, TunnelCallDirection.Incoming },
        { true, TunnelCallDirection.Outgoing },
        { true, TunnelCallDirection.Incoming },
    };

    [Theory, MemberData(nameof(Cases))]
    public async Task Filters_run_by_order_and_then_by_registration(bool serverCallsClient, TunnelCallDirection direction)
    {
        var seen = new ConcurrentQueue<string>();
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, filters => filters
            .Add(Named("inner"), order: 5)
            .Add(Named("first"))
            .Add(Named("second"))
            .Add(Named("outer"), order: -5));

        (await pair.Stub<IFilterService>(serverCallsClient).JoinAsync("a", 1).WaitAsync(HangTimeout)).ShouldBe("a+1");

        seen.ShouldBe(["outer", "first", "second", "inner", "-inner", "-second", "-first", "-outer"]);

        DelegateFilter Named(string name) => new(async (context, next) =>
        {
            context.Direction.ShouldBe(direction);
            seen.Enqueue(name);
            await next(context);
            seen.Enqueue("-" + name);
        });
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_read_and_replace_arguments(bool serverCallsClient, TunnelCallDirection direction)
    {
        List<object?> seen = [];
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            seen.AddRange([context.Arguments.Count, .. context.Arguments.Names, context.Arguments[0], context.Arguments["right"]]);
            context.Arguments["left"] = "b";
            context.Arguments[1] = null;
            seen.AddRange([context.Arguments[0], context.Arguments[1]]);
            await next(context);
        });

        (await pair.Stub<IFilterService>(serverCallsClient).JoinAsync("a", 1).WaitAsync(HangTimeout)).ShouldBe("b+none");

        seen.ShouldBe([2, "left", "right", "a", 1, "b", null]);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_values_of_a_wrong_type_or_index_are_refused(bool serverCallsClient, TunnelCallDirection direction)
    {
        List<string> messages = [];
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            messages.Add(Should.Throw<ArgumentException>(() => context.Arguments[1] = "text").Message);
            messages.Add(Should.Throw<ArgumentOutOfRangeException>(() => context.Arguments[2]).Message);
            messages.Add(Should.Throw<ArgumentException>(() => context.Arguments["middle"]).Message);
            messages.Add(Should.Throw<ArgumentException>(() => context.Result = 5).Message);
            messages.Add(Should.Throw<ArgumentException>(() => context.InputStream = 5).Message);
            messages.Add(Should.Throw<InvalidOperationException>(() => context.OnStreamEnded(_ => { })).Message);
            await next(context);
        });

        (await pair.Stub<IFilterService>(serverCallsClient).JoinAsync("a", 1).WaitAsync(HangTimeout)).ShouldBe("a+1");

        messages[0].ShouldStartWith("Expected a value of type System.Nullable`1[System.Int32] for the argument right, got System.String.");
        messages[1].ShouldStartWith("Expected an index from 0 to 1.");
        messages[2].ShouldStartWith("Expected the name of an argument, got middle. The arguments are left, right");
        messages[3].ShouldContain("returns System.String, got System.Int32");
        messages[4].ShouldContain("takes no stream");
        messages[5].ShouldContain("returns no stream");
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_read_and_replace_the_result(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            await next(context);
            context.Result = $"<{context.Result}>";
        });

        (await pair.Stub<IFilterService>(serverCallsClient).JoinAsync("a", 1).WaitAsync(HangTimeout)).ShouldBe("<a+1>");
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_wrap_a_result_stream_and_observe_its_end(bool serverCallsClient, TunnelCallDirection direction)
    {
        var ends = new ConcurrentQueue<Exception?>();
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            await next(context);
            context.OnStreamEnded(ends.Enqueue);
            context.Result = Doubled((IAsyncEnumerable<int>)context.Result!);
        });
        List<int> items = [];

        await foreach (int item in pair.Stub<IFilterService>(serverCallsClient).CountAsync(4))
        {
            items.Add(item);
        }

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (int item in pair.Stub<IFilterService>(serverCallsClient).CountAsync(101))
            {
            }
        });
        items.ShouldBe([0, 2, 4, 6]);
        error.Status.ShouldBe(TunnelStatus.OutOfRange);
        ends.Select(e => (e as TunnelException)?.Status).ShouldBe([null, TunnelStatus.OutOfRange]);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_wrap_an_input_stream(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            context.InputStream = Doubled((IAsyncEnumerable<int>)context.InputStream!);
            await next(context);
        });
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient);
        List<int> items = [];

        int sum = await stub.SumAsync(Numbers()).WaitAsync(HangTimeout);
        await foreach (int item in stub.AddToEachAsync(Numbers(), 100))
        {
            items.Add(item);
        }

        sum.ShouldBe(12);
        items.ShouldBe([102, 104, 106]);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_set_the_result_without_calling_next(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, (context, _) =>
        {
            context.Result = context.HasResultStream ? Numbers() : context.HasResult ? "mine" : null;
            return default;
        });
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient);
        List<int> items = [];

        (await stub.JoinAsync("a").WaitAsync(HangTimeout)).ShouldBe("mine");
        await stub.TouchAsync("x").WaitAsync(HangTimeout);
        await foreach (int item in stub.CountAsync(50))
        {
            items.Add(item);
        }

        items.ShouldBe([1, 2, 3]);
        _service.Calls.ShouldBe(0);
        _service.Names.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_that_neither_calls_next_nor_sets_a_result_fails_the_call(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, (_, _) => default);

        Exception error =
            await Should.ThrowAsync<Exception>(() => pair.Stub<IFilterService>(serverCallsClient).JoinAsync("a").WaitAsync(HangTimeout));

        if (direction == TunnelCallDirection.Outgoing)
        {
            error.ShouldBeOfType<InvalidOperationException>().Message.ShouldContain(
                "A filter of TunnelRpc.Calls.Tests.Filters.IFilterService/JoinAsync returned without a result");
        }
        else
        {
            error.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.Internal);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filters_run_for_methods_without_a_result(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            context.Arguments["name"] = context.Arguments["name"] + "!";
            await next(context);
            context.Result.ShouldBeNull();
        });
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient);

        await stub.TouchAsync("touched").WaitAsync(HangTimeout);
        await stub.NotifyAsync("notified");

        (await _service.Names.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe("touched!");
        (await _service.Names.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe("notified!");
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_that_calls_next_again_retries_the_call(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            for (int i = 0; i < 2; i++)
            {
                (await Should.ThrowAsync<TunnelException>(() => next(context).AsTask())).Message.ShouldBe($"failure {i + 1}");
            }

            await next(context);
        });

        (await pair.Stub<IFilterService>(serverCallsClient).FlakyOnceOnlyAsync().WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Second_next_of_a_call_with_an_input_stream_is_refused(bool serverCallsClient, TunnelCallDirection direction)
    {
        string? message = null;
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            await next(context);
            message = (await Should.ThrowAsync<InvalidOperationException>(() => next(context).AsTask())).Message;
        });

        (await pair.Stub<IFilterService>(serverCallsClient).SumAsync(Numbers()).WaitAsync(HangTimeout)).ShouldBe(6);

        message.ShouldNotBeNull().ShouldContain("cannot be retried");
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_can_translate_exceptions_and_fails_only_its_call(bool serverCallsClient, TunnelCallDirection direction)
    {
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception error) when (error is FormatException or TunnelException { Status: TunnelStatus.Internal })
            {
                throw new TunnelException(TunnelStatus.DataLoss, "translated", error);
            }
        });
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.BreakAsync().WaitAsync(HangTimeout));

        (error.Status, error.Message).ShouldBe((TunnelStatus.DataLoss, "translated"));
        (await stub.JoinAsync("still").WaitAsync(HangTimeout)).ShouldBe("still+none");
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Filter_runs_only_for_its_methods_and_direction(bool serverCallsClient, TunnelCallDirection direction)
    {
        var seen = new ConcurrentQueue<string>();
        var filter = new DelegateFilter((context, next) =>
        {
            seen.Enqueue(context.Method.Name);
            return next(context);
        });
        await using ConnectedPair pair = await StartAsync(serverCallsClient, direction, filters => filters
            .Add(filter, direction: direction, methods: method => method.Name == "JoinAsync")
            .Add(filter, direction: 1 - direction));
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient);

        await stub.JoinAsync("a").WaitAsync(HangTimeout);
        await stub.TouchAsync("a").WaitAsync(HangTimeout);

        seen.ShouldBe(["JoinAsync"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Filter_can_add_headers_to_one_call(bool serverCallsClient)
    {
        int calls = 0;
        await using ConnectedPair pair = await StartAsync(serverCallsClient, TunnelCallDirection.Outgoing, (context, next) =>
        {
            context.Headers["number"] = $"{++calls}";
            return next(context);
        });
        var given = new TunnelHeaders { ["given"] = "yes" };
        IFilterService stub = pair.Stub<IFilterService>(serverCallsClient).With(headers: given);

        (await stub.HeaderAsync("number").WaitAsync(HangTimeout)).ShouldBe("1");
        (await stub.HeaderAsync("given").WaitAsync(HangTimeout)).ShouldBe("yes");
        (await stub.HeaderAsync("number").WaitAsync(HangTimeout)).ShouldBe("3");

        given.ShouldBe([new KeyValuePair<string, string>("given", "yes")]);
    }

    private Task<ConnectedPair> StartAsync(
        bool serverCallsClient, TunnelCallDirection direction, Func<TunnelFilterContext, TunnelFilterNext, ValueTask> filter) =>
        StartAsync(serverCallsClient, direction, filters => filters.Add(new DelegateFilter(filter)));

    private Task<ConnectedPair> StartAsync(bool serverCallsClient, TunnelCallDirection direction, Action<TunnelFilters> filters)
    {
        bool atServer = serverCallsClient == (direction == TunnelCallDirection.Outgoing);
        return ConnectedPair.StartAsync(
            transport,
            services => services.AddService<IFilterService>(_service),
            server => Configure(server, atServer),
            client =>
            {
                Configure(client, !atServer);
                client.Serve<IFilterService>(_service);
            });

        void Configure(TunnelOptions options, bool filtering)
        {
            options.IncludeExceptionDetails = false;
            if (filtering)
            {
                filters(options.Filters);
            }
        }
    }

    private static async IAsyncEnumerable<int> Doubled(IAsyncEnumerable<int> items)
    {
        await foreach (int item in items)
        {
            yield return item * 2;
        }
    }

    private static async IAsyncEnumerable<int> Numbers()
    {
        await Task.Yield();
        yield return 1;
        yield return 2;
        yield return 3;
    }
}
