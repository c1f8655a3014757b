namespace TunnelRpc.MessagePack.Tests;

/// <summary>A method for each shape of generated formatters, which the tests find by the type of its result.</summary>
[TunnelService]
public partial interface IShapes
{
    Task<Person> PersonAsync();

    Task<Named> NamedAsync();

    Task<Sparse> SparseAsync();

    Task<Point> PointAsync();

    Task<Dog> DogAsync();

    Task<IFigure> FigureAsync();

    Task<IFigure?> NoFigureAsync();

    Task<Wrapped<string>> WrappedTextAsync();

    Task<Wrapped<Point>> WrappedPointAsync();

    Task<Data> DataAsync();

    Task<Counted> CountedAsync();

    Task<CountedStruct> CountedStructAsync();

    Task<Dictionary<Color, List<Sparse>>> NestedAsync();

    Task<(Person, Point?)> TupleAsync();
}
