using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using Shouldly;
using Xunit;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>
/// Compares the generated formatters with MessagePack-CSharp: every shape of a type is encoded as the same bytes, and each side reads those
/// of the other.
/// </summary>
public sealed class ShapeTests
{
    private static readonly Gen<int> Int = ArbMap.Default.GeneratorFor<int>();
    private static readonly Gen<string> Text = Gen.Elements("", "a", "é", new string('x', 40));
    private static readonly Gen<float> Float = Int.Select(number => number / 4f);
    private static readonly Gen<Point> Points = from x in Float from y in Float select new Point(x, y);

    private static readonly Gen<Person> People = Gen.Sized(size => CreatePeople(Math.Min(size, 3)));

    private static readonly Gen<Sparse> Sparses =
        from text in Text
        from number in Int
        from id in ArbMap.Default.GeneratorFor<Guid>()
        from data in ArbMap.Default.GeneratorFor<byte[]>()
        select new Sparse(text, number) { Id = id, Data = number % 2 == 0 ? data : null };

    private static readonly Gen<IFigure> Figures = Gen.Sized(size => CreateFigures(Math.Min(size, 3)));

    private static readonly DifferentialCase[] Cases =
    [
        Case("map by member names", People),
        Case("map by other names", from first in Int select new Named { First = first, Second = first % 2 == 0 ? first / 3.0 : null }),
        Case("array with unused indexes", Sparses),
        Case("struct", Points),
        Case(
            "derived class",
            from text in Text
            from points in Points.ArrayOf()
            select new Dog { Name = text, Places = points.Select((p, i) => (p, i)).ToDictionary(p => $"{p.i}", p => p.p) }),
        Case("union", Figures),
        Case<IFigure?>("nullable union", Figures.Select(figure => figure is Circle ? null : figure)),
        Case("generic class", from text in Text from texts in Text.ArrayOf() select new Wrapped<string>(text, texts)),
        Case("generic class of structs", from point in Points from points in Points.ArrayOf() select new Wrapped<Point>(point, points)),
        Case(
            "data contract",
            from number in Int select new Data { Time = DateTime.UnixEpoch.AddSeconds(number), Amount = number / 8m }),
        Case(
            "dictionary of lists",
            from color in Gen.Elements(Color.Red, Color.Green, (Color)9)
            from sparses in Sparses.ArrayOf()
            select new Dictionary<Color, List<Sparse>> { [color] = [.. sparses] }),
        Case<(Person, Point?)>(
            "tuple", from person in People from point in Points select (person, person.Id % 2 == 0 ? point : (Point?)null)),
    ];

    public static TheoryData<int> Indexes => new(Enumerable.Range(0, Cases.Length));

    [Theory, MemberData(nameof(Indexes))]
    public void Bytes_are_those_of_the_package(int index)
    {
        Cases[index].IsInPackage.ShouldBeTrue(Cases[index].Documented);
        Cases[index].Check(100);
    }

    [Fact]
    public void Callbacks_are_called_as_in_the_package()
    {
        byte[] own = ContractFormatters.Write(ContractFormatters.Of<IShapes, Counted>(), new Counted { Number = 5 });
        byte[] ofStruct = ContractFormatters.Write(ContractFormatters.Of<IShapes, CountedStruct>(), new CountedStruct(5));

        own.ShouldBe(MessagePackSerializer.Serialize(new Counted { Number = 5 }));
        ContractFormatters.Read(ContractFormatters.Of<IShapes, Counted>(), own).ShouldBe(new Counted { Number = 6, Text = "5" });
        MessagePackSerializer.Deserialize<Counted>(own).ShouldBe(new Counted { Number = 6, Text = "5" });
        ofStruct.ShouldBe([0x91, 6]);
        ContractFormatters.Read(ContractFormatters.Of<IShapes, CountedStruct>(), ofStruct).ShouldBe(new CountedStruct(16));
    }

    private static DifferentialCase<T> Case<T>(string name, Gen<T> values) =>
        new(name, ContractFormatters.Of<IShapes, T>(), values);

    private static Gen<Person> CreatePeople(int depth) =>
        from id in Int
        from name in Text
        from friends in depth == 0 ? Gen.Constant(Array.Empty<Person>()) : CreatePeople(depth - 1).ArrayOf(2)
        select new Person
        {
            Id = id,
            Name = id % 2 == 0 ? name : null,
            Favourite = id % 3 == 0 ? Color.Green : null,
            Friends = [.. friends, .. id % 5 == 0 ? new Person?[] { null } : []],
        };

    private static Gen<IFigure> CreateFigures(int depth) => depth == 0
        ? Int.Select(number => (IFigure)new Circle(number))
        : from number in Int
          from inner in CreateFigures(depth - 1)
          select (IFigure)new Square(number, number % 3 == 0 ? null : inner);
}
